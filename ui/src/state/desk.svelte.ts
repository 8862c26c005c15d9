// What Rust last said, whole. The window draws it and changes nothing of it.

import { border, problemOf } from "../border/client";
import type { AccountView, ProblemView, Snapshot } from "../border/types";

/** Keeps the objects of accounts that did not change, so that a thousand rows are not drawn anew for one of them. */
function keepUnchanged(before: readonly AccountView[], after: AccountView[]): AccountView[] {
  const known = new Map(before.map((account) => [account.id, account]));
  return after.map((account) => {
    const old = known.get(account.id);
    return old !== undefined && JSON.stringify(old) === JSON.stringify(account) ? old : account;
  });
}

class Desk {
  snapshot = $state.raw<Snapshot | null>(null);
  /** Why there is no first snapshot. */
  trouble = $state.raw<ProblemView | null>(null);

  /** Takes a snapshot in, unless a newer one stands. */
  draw(next: Snapshot): void {
    const last = this.snapshot;
    if (last !== null && next.revision < last.revision) return;
    this.trouble = null;
    this.snapshot = last === null ? next : { ...next, accounts: keepUnchanged(last.accounts, next.accounts) };
  }

  /** Listens first and asks then, so that nothing falls between. The answer stops listening. */
  async open(): Promise<() => void> {
    try {
      const stop = await border.onSnapshot((next) => {
        this.draw(next);
      });
      this.draw(await border.snapshot());
      return stop;
    } catch (refusal) {
      this.trouble = problemOf(refusal);
      return () => undefined;
    }
  }
}

export const desk = new Desk();
