// What the person looked for in the list, how it is grouped, and how much of it was drawn: stays while they are
// elsewhere in the window.

/** How many rows are drawn before the first is shown: a window full of them. A taller one waits a frame for the rest. */
const FIRST = 30;

class Kept {
  search = $state.raw("");
  grouped = $state.raw(true);
  /** How many rows are drawn; a long list grows from frame to frame, and can be used meanwhile. */
  rows = $state.raw(FIRST);

  reset(): void {
    this.search = "";
    this.grouped = true;
    this.rows = FIRST;
  }
}

export const kept = new Kept();
