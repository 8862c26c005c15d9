// The screens a person seldom goes to: a file of their own, so that the first screen waits for nothing it does not show.

import type Screens from "../screens/Seldom.svelte";

class Seldom {
  screens = $state.raw<typeof Screens | null>(null);

  /** Fetches them from within the app; again at the next call if that failed. */
  async fetch(): Promise<void> {
    this.screens ??= (await import("../screens/Seldom.svelte")).default;
  }
}

export const seldom = new Seldom();
