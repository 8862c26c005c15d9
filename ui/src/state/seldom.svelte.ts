// What a person seldom sees, screens and a dialog: a file of their own, so that the first screen waits for nothing it does
// not show.

class Seldom {
  drawn = $state.raw<typeof import("../screens/seldom") | null>(null);

  /** Fetches them from within the app; again at the next call if that failed. */
  async fetch(): Promise<void> {
    this.drawn ??= await import("../screens/seldom");
  }
}

export const seldom = new Seldom();
