// How a long list of accounts is searched and grouped: those that need the person first, the rest by host; and how it
// stays as it stands while somebody points at it.

import type { AccountView } from "../border/types";
import { needsPerson } from "./health";

export interface Group {
  readonly key: string;
  readonly title: string | null;
  /** Whether its rows name the host themselves. */
  readonly withHost: boolean;
  readonly accounts: readonly AccountView[];
}

/** Whether an account is meant by `wanted`, which is in lower case. */
export const matches = (account: AccountView, wanted: string): boolean =>
  [account.name, account.username ?? "", account.person ?? "", account.host].some((text) =>
    text.toLocaleLowerCase().includes(wanted),
  );

/** The accounts as they stood when somebody pointed at the list, by id and in their order; `null` while nobody does. */
export type Still = ReadonlyMap<string, AccountView> | null;

/** The accounts in the order in which they stood; those that came since are last. */
export function still(accounts: readonly AccountView[], stood: Still): readonly AccountView[] {
  if (stood === null) return accounts;
  const places = new Map([...stood.keys()].map((id, at) => [id, at]));
  const place = (account: AccountView) => places.get(account.id) ?? places.size;
  return [...accounts].sort((one, other) => place(one) - place(other));
}

/** The first so many of all groups' accounts, group by group. */
export function firstOf(groups: readonly Group[], most: number): (readonly AccountView[])[] {
  let left = most;
  return groups.map(({ accounts }) => {
    const drawn = accounts.length <= left ? accounts : accounts.slice(0, left);
    left -= drawn.length;
    return drawn;
  });
}

/** Groups by host, in the order in which hosts appear; each account where it stood, those that came since below. */
export function grouped(accounts: readonly AccountView[], needTitle: string, stood: Still): Group[] {
  const groups = new Map<string, AccountView[]>([["need", []]]);
  for (const account of accounts) {
    const seen = stood === null ? account : stood.get(account.id);
    const key = seen === undefined ? "new" : needsPerson(seen) ? "need" : `host ${seen.host}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [account]);
    else group.push(account);
  }
  return [...groups].map(([key, group]) => {
    const host = key.startsWith("host ");
    return { key, title: host ? key.slice(5) : key === "need" ? needTitle : null, withHost: !host, accounts: group };
  });
}
