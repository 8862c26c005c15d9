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

/** Whether the title counts it among those that need the person. */
export const needsPerson = (account: AccountView): boolean => ["now", "soon"].includes(account.attention);

/** Whether linking once more is what helps. */
export const wantsNewLink = (health: HealthView): boolean =>
  ["expiring", "expired", "revoked"].includes(health.state) ||
  (health.state === "refused" && ["grant_refused", "lost_renewal"].includes(health.why)) ||
  (health.state === "unknown" && ["keychain_missing", "keychain_corrupt"].includes(health.why ?? ""));
