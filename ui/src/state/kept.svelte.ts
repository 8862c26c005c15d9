// What the person looked for in the list, and how it is grouped: stays while they are elsewhere in the window.

class Kept {
  search = $state.raw("");
  grouped = $state.raw(true);

  reset(): void {
    this.search = "";
    this.grouped = true;
  }
}

export const kept = new Kept();
