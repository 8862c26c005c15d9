// The last intent that Rust refused and that has no field of its own; shown as a notice on top of the place.

import type { ProblemView } from "../border/types";

class Refusals {
  current = $state.raw<ProblemView | null>(null);

  show(problem: ProblemView): void {
    this.current = problem;
  }

  clear(): void {
    this.current = null;
  }
}

export const refusals = new Refusals();
