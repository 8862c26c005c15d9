// The time the window draws with, in milliseconds since 1970; moves on every half minute so that “2 minutes ago” stays true.

const TICK_MS = 30_000;

class Clock {
  now = $state.raw(Date.now());

  /** Starts ticking; the answer stops it. */
  start(): () => void {
    const timer = setInterval(() => {
      this.now = Date.now();
    }, TICK_MS);
    return () => {
      clearInterval(timer);
    };
  }
}

export const clock = new Clock();
