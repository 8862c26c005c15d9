// How a state is drawn: its shape, and whether it asks for the person. The verdict itself is Rust's.

import type { AccountView, HealthView } from "../border/types";

export type Shape = "ok" | "soon" | "bad" | "off" | "busy";

export function shape(health: HealthView): Shape {
  switch (health.state) {
    case "linked":
      return "ok";
    case "expiring":
    case "too_narrow":
      return "soon";
    case "expired":
    case "revoked":
    case "refused":
      return "bad";
    case "unreachable":
    case "unknown":
      return "off";
  }
}

/** Whether it cannot be reached for a reason that only the person can put out of the way. */
const barred = (account: AccountView): boolean =>
  account.health.state === "unreachable" && (account.can_trust || account.moved_to !== null);

/** Whether the title counts it among those that need the person. A narrow token was the person's own choice. */
export const needsPerson = (account: AccountView): boolean =>
  ["expiring", "expired", "revoked", "refused"].includes(account.health.state) || barred(account);

/** Whether time or the network may bring it back. */
export const isOffline = (account: AccountView): boolean => account.health.state === "unreachable" && !barred(account);

/** Whether linking once more is what helps. */
export const wantsNewLink = (health: HealthView): boolean =>
  ["expiring", "expired", "revoked"].includes(health.state) ||
  (health.state === "refused" && ["grant_refused", "lost_renewal"].includes(health.why)) ||
  (health.state === "unknown" && ["keychain_missing", "keychain_corrupt"].includes(health.why ?? ""));
