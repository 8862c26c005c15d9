// What the person wants, sent to Rust; a refusal becomes a notice of the window.

import { border, problemOf } from "../border/client";
import type { AccountView, LinkGoal, ProblemView, Way } from "../border/types";
import { announcer } from "./announcer.svelte";
import { desk } from "./desk.svelte";
import { refusals } from "./refusals.svelte";
import { view } from "./place.svelte";

/** Sends an intent whose refusal has no field of its own to stand at. */
export function intend(call: Promise<unknown>): void {
  refusals.clear();
  call.catch((refusal: unknown) => {
    refusals.show(problemOf(refusal));
  });
}

/** Sends an intent and answers what it was refused with. */
export async function refusalOf(call: Promise<unknown>): Promise<ProblemView | null> {
  try {
    await call;
    return null;
  } catch (refusal) {
    return problemOf(refusal);
  }
}

/** Sends an intent that leaves nothing to see, or is long in coming; whether it was done, and `said` when it was. */
export async function copying(call: Promise<unknown>, said: string): Promise<boolean> {
  const problem = await refusalOf(call);
  if (problem === null) announcer.say(said);
  else refusals.show(problem);
  return problem === null;
}

/** Opens the link flow, past the question where secrets live if there is nowhere to keep them. */
function begin(go: () => Promise<unknown>): void {
  const keychain = desk.snapshot?.keychain.state;
  if (keychain === "absent" || keychain === "needs_passphrase") view.keychain = { then: go };
  else intend(go());
}

/** Opens the link flow where the person says which GitLab, with what may be its address in the field. */
export const startLink = (way: Way, address?: string): void => {
  begin(async () => {
    await border.startLink(way);
    if (address !== undefined) await border.setAddress(address);
  });
};

/** Opens the link flow at a GitLab that is known here: where app login is set up there, the browser opens at once. */
export const linkAt = (address: string, goal: LinkGoal = "sign_in"): void => {
  begin(() => border.linkAt(address, goal));
};

/** Opens the link flow for an account that is linked already: where and as whom is settled. */
export function linkAgain(account: AccountView): void {
  view.comeBackTo(rowOf(account.id));
  intend(border.relink(account.id));
}

/** The selector of an account's name in the list. */
export const rowOf = (id: string): string => `[data-account="${CSS.escape(id)}"] .account-open`;
