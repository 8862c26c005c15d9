// How a long list of accounts is searched and grouped: those that need the person first, the rest by host.

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

/** Groups by host, in the order in which hosts appear. */
export function grouped(accounts: readonly AccountView[], needTitle: string): Group[] {
  const hosts = new Map<string, AccountView[]>();
  for (const account of accounts.filter((candidate) => !needsPerson(candidate))) {
    const group = hosts.get(account.host);
    if (group === undefined) hosts.set(account.host, [account]);
    else group.push(account);
  }
  const urgent = accounts.filter(needsPerson);
  return [
    ...(urgent.length > 0 ? [{ key: "need", title: needTitle, withHost: true, accounts: urgent }] : []),
    ...[...hosts].map(([host, group]) => ({ key: `host ${host}`, title: host, withHost: false, accounts: group })),
  ];
}
