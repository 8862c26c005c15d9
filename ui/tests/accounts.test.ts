// Home, details, rename, unlink and the rest: presses become intents, and changes from elsewhere are drawn without loss.

import { mockIPC } from "@tauri-apps/api/mocks";
import { render } from "@testing-library/svelte";
import { userEvent } from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { bot, old, problem, rotation, snapshot, thousand, twelve, unlinking, work } from "../src/fixtures/pieces";
import { scenes } from "../src/fixtures/scenes";
import App from "../src/App.svelte";
import type { AccountView } from "../src/border/types";
import { set } from "../src/fixtures/stage";
import { desk } from "../src/state/desk.svelte";
import { announced, change, commands, description, intent, one, open, screenName, settle } from "./window";

const home = { snapshot: snapshot() };
const title = () => one("main h1").textContent;
const row = (id: string) => one(`[data-account="${id}"]`);
const rows = () => document.querySelectorAll(".account").length;

async function openMenu(id: string) {
  row(id).querySelector<HTMLElement>('[data-intent="menu"]')?.click();
  await settle();
}

const unreachable = (attention: AccountView["attention"]): AccountView => ({
  ...work,
  health: { state: "unreachable", why: "silent" },
  attention,
});

const off = { state: "unreachable", why: "silent" } as const;
const narrow = { state: "too_narrow", missing: ["api"] } satisfies AccountView["health"];
const unread = { state: "unknown", why: "keychain_missing" } as const;

describe("home", () => {
  it("every row says who, how, and its state as a word", async () => {
    await open(home);
    expect(row("a-old").dataset["state"]).toBe("revoked");
    expect(row("a-old").textContent).toMatch(/Old client\s*@ada · old\.example\.test · Access token/);
    expect(row("a-old").querySelector(".state")?.textContent).toBe("Needs re-linking");
    expect(row("a-bot").querySelector(".state")?.textContent).toBe("Expires in 9 days");
    expect(row("a-work").querySelector(".state")?.textContent).toBe("Linked");
  });

  it.each([
    ["needs", [old, bot, work], "2 of 3 need you"],
    ["one needs", [old, work], "1 of 2 needs you"],
    ["well", [work], "All well"],
    ["offline", [unreachable("offline")], "You are offline"],
    ["unreachable until the person acts", [unreachable("now"), { ...work, id: "a-other" }], "1 of 2 needs you"],
    ["all of them", [unreachable("now")], "1 of 1 needs you"],
    ["some offline", [{ ...bot, health: off, attention: "offline" as const }, work], "1 of 2 is offline"],
    ["unchecked", [{ ...work, health: { state: "unknown" as const, why: null } }], "Not checked yet"],
    ["no secret", [{ ...work, health: unread, attention: "now" as const }, bot], "2 of 2 need you"],
    ["limited", [{ ...work, health: narrow, attention: "limited" as const }], "Linked, with limits"],
  ])("the title says how it is: %s", async (_, accounts, words) => {
    await open({ snapshot: snapshot({ accounts }) });
    expect(title()).toBe(words);
  });

  it("a change from elsewhere appears without a reload, in rows that stay the same elements", async () => {
    await open(home);
    const before = row("a-work");
    await change({ accounts: [old, bot, { ...work, name: "Werk" }] });
    expect(row("a-work")).toBe(before);
    expect(before.textContent).toContain("Werk");
    await change({ accounts: [work] });
    expect(rows()).toBe(1);
  });

  it("an older snapshot that comes late is not drawn", async () => {
    await open(home);
    await change({ accounts: [work] });
    desk.draw(snapshot({ revision: 0 }));
    await settle();
    expect(rows()).toBe(1);
  });

  it("Link again opens the flow for that account, from its row and from its menu", async () => {
    const calls = await open(home);
    row("a-old").querySelector<HTMLElement>('[data-intent="link-again"]')?.click();
    await settle();
    row("a-work").querySelector<HTMLElement>('[data-intent="menu"]')?.click();
    await settle();
    document.querySelector<HTMLElement>('[role="menu"] [data-intent="link-again"]')?.click();
    await settle();
    expect(calls).toEqual([
      { command: "relink", args: { id: "a-old" } },
      { command: "relink", args: { id: "a-work" } },
    ]);
  });

  it("from eight accounts on there are a search and groups by host", async () => {
    await open({ snapshot: snapshot({ accounts: twelve.slice(0, 7) }) });
    expect(document.querySelector('[type="search"]')).toBeNull();
    await change({ accounts: twelve });
    expect(Array.from(document.querySelectorAll("h2"), (group) => group.textContent.trim())).toEqual([
      "Need you3",
      "git.example.test/gitlab5",
      "gitlab.com2",
      "lab.example.test:84432",
    ]);
  });

  const order = () => Array.from(document.querySelectorAll<HTMLElement>(".account"), (one) => one.dataset["account"]);
  const dead = (account: AccountView): AccountView => ({
    ...account,
    health: { state: "revoked", noticed_at: null },
    attention: "now",
  });

  it.each([
    ["the pointer is over it", "pointerenter", "pointerleave"],
    ["the focus is within it", "focusin", "focusout"],
  ])("the list stays as it is while %s, and is sorted when that ends", async (_, comes, goes) => {
    await open({ snapshot: snapshot({ accounts: [bot, work] }) });
    const list = row("a-work").closest(".stack");
    list?.dispatchEvent(new FocusEvent(comes, { bubbles: true }));
    const before = row("a-work");
    // The first is fine now, the second is not, and there is one more that needs the person.
    await change({ accounts: [old, dead(work), bot] });
    expect(order()).toEqual(["a-bot", "a-work", "a-old"]);
    expect(row("a-work")).toBe(before);
    expect(before.dataset["state"]).toBe("revoked");
    await change({ accounts: [old, dead(work)] });
    expect(order()).toEqual(["a-work", "a-old"]);
    list?.dispatchEvent(new FocusEvent(goes, { bubbles: true }));
    await settle();
    expect(order()).toEqual(["a-old", "a-work"]);
  });

  it("no account changes its group while its menu is open, and none that comes pushes another down", async () => {
    await open({ snapshot: snapshot({ accounts: twelve }) });
    const before = order();
    await openMenu(before[0] ?? "");
    const changed = twelve.map((account) => dead(account));
    await change({ accounts: [{ ...work, id: "a-came" }, ...changed.reverse()] });
    expect(order()).toEqual([...before, "a-came"]);
    document
      .querySelector<HTMLElement>(".menu [role=menuitem]")
      ?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    await settle();
    (document.activeElement as HTMLElement).blur();
    await settle();
    expect(order()).not.toEqual([...before, "a-came"]);
  });

  it("searches names, user names and hosts, says how many, and clears", async () => {
    const user = userEvent.setup();
    await open({ snapshot: snapshot({ accounts: twelve }) });
    const field = one<HTMLInputElement>('[type="search"]');
    await user.type(field, "LAB.EXAMPLE");
    expect(rows()).toBe(2);
    await change({ checking: true });
    expect(field.value).toBe("LAB.EXAMPLE");
    await user.clear(field);
    await user.type(field, "nightly");
    expect(rows()).toBe(1);
    await user.clear(field);
    await user.type(field, "cobol");
    expect(rows()).toBe(0);
    expect(one(".empty").textContent).toContain("No account matches “cobol”.");
    await user.click(one(".empty button"));
    expect(rows()).toBe(12);
    expect(document.activeElement).toBe(field);
  });

  it("a thousand accounts are drawn, and a change of one leaves the others' objects alone", async () => {
    const accounts = thousand(1000);
    await open({ snapshot: snapshot({ accounts }) });
    await vi.waitFor(
      () => {
        expect(rows()).toBe(1000);
      },
      { timeout: 30_000 },
    );
    const before = desk.snapshot?.accounts;
    const copy = structuredClone(accounts);
    const first = copy[0];
    if (first !== undefined) first.name = "Changed";
    await change({ accounts: copy });
    const after = desk.snapshot?.accounts;
    expect(after?.[0]).not.toBe(before?.[0]);
    expect(after?.slice(1).every((account, index) => account === before?.[index + 1])).toBe(true);
    expect(document.body.textContent).toContain("Changed");
  });

  it("a long list can be used before it is whole, and is whole in the end, in its order", async () => {
    const frames: FrameRequestCallback[] = [];
    vi.stubGlobal("requestAnimationFrame", (frame: FrameRequestCallback) => frames.push(frame));
    const accounts = thousand(130);
    await open({ snapshot: snapshot({ accounts }) });
    expect(rows()).toBe(30);
    const titles = () =>
      Array.from(document.querySelectorAll(".group-title span:last-child"), (one) => one.textContent);
    const all = titles().reduce((sum, count) => sum + Number(count), 0);
    expect(all).toBeGreaterThan(30);
    const first = document.querySelector(".account");
    const seen = [rows()];
    while (frames.length > 0) {
      frames.shift()?.(0);
      await settle();
      seen.push(rows());
    }
    expect(seen).toEqual([30, 60, 90, 120, 130]);
    expect(document.querySelector(".account")).toBe(first);
    vi.unstubAllGlobals();
  });

  it("what the last start put right is said and dismissed", async () => {
    const calls = await open(scenes["home-recovered"] ?? home);
    expect(one("main").textContent).toContain("stopped while it linked “Lab”. Nothing of it was kept.");
    intent("dismiss").click();
    await settle();
    expect(commands(calls)).toEqual(["dismiss_recovered"]);
    await change({ recovered: [] });
    expect(document.querySelector(".notice")).toBeNull();
  });

  it("secrets without accounts are told where no account is left", async () => {
    const calls = await open(scenes["home-first-start-orphaned"] ?? home);
    expect(one(".notice").textContent).toContain("not listed here: LabLink: Work, LabLink: Home. Link those");
    intent("dismiss").click();
    await settle();
    expect(commands(calls)).toEqual(["dismiss_recovered"]);
  });

  it("a managed policy that cannot be read is told with its place, here and where the GitLabs are", async () => {
    await open(scenes["home-policy-broken"] ?? home);
    expect(one(".notice").textContent).toContain("/etc/lablink/policy.toml");
    expect(one(".notice").textContent).toContain("Show your admin the details.");
    expect(one(".notice").textContent).toContain("its address stands there twice");
    intent("go-instances").click();
    await settle();
    expect(one(".notice").textContent).toContain("/etc/lablink/policy.toml");
  });

  it("a refused intent is said in words", async () => {
    await open(home, () => {
      throw problem("account_not_found");
    });
    intent("check-all").click();
    await settle();
    expect(one(".notice").textContent).toContain("This account is no longer linked here.");
  });

  it.each([
    ["keychain-locked", "Your keyring is locked", "unlock", "unlock_keychain"],
    ["keychain-hung", "Your keychain does not work", "retry-keychain", "retry_keychain"],
    ["keychain-refused", "Your keychain does not work", "retry-keychain", "retry_keychain"],
  ])("%s is said on top, with the press that helps", async (name, words, press, command) => {
    const calls = await open(scenes[name] ?? home);
    expect(title()).toBe(words);
    intent(press).click();
    await settle();
    expect(commands(calls)).toEqual([command]);
  });

  it("the tray's call opens that account, once", async () => {
    await open(home);
    await change({ called_to: { call: 1, id: "a-bot", problem: null } });
    expect(screenName()).toBe("account");
    expect(title()).toBe("Release bot");
    intent("back").click();
    await settle();
    await change({ checking: true });
    expect(screenName()).toBe("accounts");
  });
});

describe("the menu of a row", () => {
  it.each([
    ["check-now", [{ command: "check_accounts", args: { id: "a-bot" } }]],
    ["unlink", [{ command: "ask_unlink", args: { id: "a-bot" } }]],
    [
      "open-account",
      [{ command: "open_destination", args: { destination: { kind: "account_on_gitlab", id: "a-bot" } } }],
    ],
  ])("%s", async (press, expected) => {
    const calls = await open(home);
    await openMenu("a-bot");
    one(`[role="menu"] [data-intent="${press}"]`).click();
    await settle();
    expect(calls).toEqual(expected);
    expect(document.querySelector('[role="menu"]')).toBeNull();
  });

  it("Details opens the account's page", async () => {
    await open(home);
    await openMenu("a-work");
    intent("details").click();
    await settle();
    expect(screenName()).toBe("account");
    expect(title()).toBe("Work");
  });

  it("closes by a press elsewhere, and when its account goes away", async () => {
    await open(home);
    await openMenu("a-work");
    document.body.dispatchEvent(new Event("pointerdown", { bubbles: true }));
    await settle();
    expect(document.querySelector('[role="menu"]')).toBeNull();
    await openMenu("a-work");
    await change({ accounts: [old, bot] });
    expect(document.querySelector('[role="menu"]')).toBeNull();
  });
});

describe("details", () => {
  it("says who, what it may do with the raw names behind, and the token's facts", async () => {
    await open(scenes["account-linked"] ?? home);
    const text = one("main").textContent;
    for (const said of ["Ada Lovelace, @ada", "Push code", "write_repository", "LabLink on ada-laptop", "4711"]) {
      expect(text).toContain(said);
    }
    expect(text).toContain("In GNOME Keyring");
  });

  it("an account that goes away while its page is open leads home", async () => {
    await open(scenes["account-linked"] ?? home);
    await change({ accounts: [old] });
    expect(screenName()).toBe("accounts");
  });

  it("Check now checks this one", async () => {
    const calls = await open(scenes["account-linked"] ?? home);
    intent("check-now").click();
    await settle();
    expect(calls).toEqual([{ command: "check_accounts", args: { id: "a-work" } }]);
  });
});

describe("rotation", () => {
  const of = (own: Parameters<typeof rotation>[0]) => ({
    snapshot: snapshot({ accounts: [{ ...work, rotation: rotation(own) }] }),
    place: { account: "a-work" },
  });

  it("asks once, says what ends, and sends it", async () => {
    const calls = await open(of({}));
    intent("rotate").click();
    await settle();
    expect(one("dialog[open]").textContent).toContain("Other programs that use the old one stop working");
    expect(commands(calls)).toEqual([]);
    intent("rotate-confirm").click();
    await settle();
    expect(calls.at(-1)).toEqual({ command: "rotate_token", args: { id: "a-work" } });
    expect(announced()).toBe("Token rotated");
  });

  it("cancelled, nothing is sent", async () => {
    const calls = await open(of({}));
    intent("rotate").click();
    await settle();
    intent("cancel").click();
    await settle();
    expect(commands(calls)).toEqual([]);
    expect(document.querySelector("dialog[open]")).toBeNull();
  });

  it("a refusal is said in words", async () => {
    await open(of({}), ({ command }) => {
      if (command === "rotate_token") throw problem("rotation_shared", { name: "Other" });
      return null;
    });
    intent("rotate").click();
    await settle();
    intent("rotate-confirm").click();
    await settle();
    expect(one(".notices, main").textContent).toContain("Other uses the same token");
  });

  it("by itself is switched on and off", async () => {
    const calls = await open(of({}));
    intent("rotate-by-itself").click();
    await settle();
    expect(calls.at(-1)).toEqual({ command: "rotate_by_itself", args: { id: "a-work", on: true } });
  });

  it("is not asked twice while it runs", async () => {
    const calls = await open(of({ running: true }));
    intent("rotate").click();
    await settle();
    expect(intent("rotate").textContent).toContain("Rotating");
    expect(document.querySelector("dialog[open]")).toBeNull();
    expect(commands(calls)).toEqual([]);
  });

  it("where it cannot be, it says why and has no button", async () => {
    await open(of({ hindrance: "rotation_scope" }));
    expect(one("main").textContent).toContain("This token may not be rotated");
    expect(document.querySelector('[data-intent="rotate"]')).toBeNull();
  });

  it("trouble that comes while the page is scrolled is brought into sight, and what stood there is left", async () => {
    const brought = vi.spyOn(Element.prototype, "scrollIntoView");
    await open(of({}));
    expect(brought).not.toHaveBeenCalled();
    await change(of({ trouble: "rotation_unsure" }).snapshot);
    expect(brought.mock.contexts).toEqual([one(".notice-bad")]);
    brought.mockRestore();
  });

  it("what became of the one just asked for is told once", async () => {
    await open(of({}), ({ command }) => {
      if (command === "rotate_token") throw problem("rotation_unsure");
      return null;
    });
    intent("rotate").click();
    await settle();
    intent("rotate-confirm").click();
    await settle();
    await change(of({ trouble: "rotation_unsure" }).snapshot);
    expect(document.querySelectorAll(".notice-bad").length).toBe(1);
    expect(one("main").textContent).toContain("The token still works, but is not rotated again");
  });

  it("what became of the last one is told first", async () => {
    await open(of({ trouble: "rotation_unsure" }));
    expect(one("main").textContent).toContain("The token still works, but is not rotated again");
  });
});

describe("rename", () => {
  it("sends the new name with Enter and closes", async () => {
    const user = userEvent.setup();
    const calls = await open(scenes["home-rename"] ?? home);
    const field = one<HTMLInputElement>("#rename-name");
    expect(document.activeElement).toBe(field);
    expect(field.value).toBe("Release bot");
    await user.clear(field);
    await user.type(field, "Bot{Enter}");
    await settle();
    expect(calls).toEqual([{ command: "rename_account", args: { id: "a-bot", name: "Bot" } }]);
    expect(document.querySelector("dialog")).toBeNull();
  });

  it("a name that is taken is said at the field, and what was typed stays", async () => {
    const user = userEvent.setup();
    await open(scenes["home-rename"] ?? home, () => {
      throw problem("name_taken", { name: "Work" });
    });
    const field = one<HTMLInputElement>("#rename-name");
    await user.clear(field);
    await user.type(field, "work{Enter}");
    await settle();
    expect(field.value).toBe("work");
    expect(field.getAttribute("aria-invalid")).toBe("true");
    expect(description(field)).toBe("You already have an account named “Work”. Choose another name.");
  });

  it("a snapshot meanwhile takes nothing away", async () => {
    const user = userEvent.setup();
    await open(scenes["home-rename"] ?? home);
    await user.type(one("#rename-name"), "!");
    await change({ accounts: [old, { ...bot, name: "Elsewhere" }, work] });
    expect(one<HTMLInputElement>("#rename-name").value).toBe("Release bot!");
    expect(one("dialog h2").textContent).toBe("Rename “Release bot”");
  });
});

describe("a GitLab that moved", () => {
  it("is told with its new address, and linked there without typing", async () => {
    const calls = await open(scenes["account-moved"] ?? home);
    expect(one(".notice").textContent).toContain("sends you on to https://new.example.test/gitlab");
    intent("link-there").click();
    await settle();
    expect(calls).toEqual([
      { command: "start_link", args: { way: "company" } },
      { command: "set_address", args: { text: "https://new.example.test/gitlab" } },
    ]);
  });

  it("is asked for where nobody knows", async () => {
    await open(scenes["account-moved-somewhere"] ?? home);
    expect(one(".notice").textContent).toContain("Ask your admin");
    expect(document.querySelectorAll('[data-intent="link-there"]')).toHaveLength(0);
  });
});

describe("trust another authority", () => {
  it.each(["home-untrusted", "account-untrusted"])("is asked for and not done at once in %s", async (name) => {
    const calls = await open(scenes[name] ?? home);
    intent("trust").click();
    await settle();
    expect(calls).toEqual([{ command: "ask_trust", args: { id: "a-work" } }]);
  });

  it("is not offered where somebody else decides", async () => {
    await open(scenes["account-untrusted-managed"] ?? home);
    expect(document.querySelectorAll('[data-intent="trust"]')).toHaveLength(0);
    expect(one(".notice").textContent).toContain("does not trust");
  });

  it("takes who compared the fingerprint, and says which", async () => {
    const calls = await open(scenes["trust-asks"] ?? home);
    expect(document.activeElement).toBe(one("dialog h2"));
    expect(one(".fingerprint").textContent).toMatch(/^([0-9A-F]{4} ){15}[0-9A-F]{4}$/);
    expect(one("dialog").textContent).toContain("No longer trusted there: Example Corp CA.");
    intent("trust-confirm").click();
    await settle();
    expect(calls).toEqual([]);
    expect(document.activeElement).toBe(one("#compared"));
    one<HTMLInputElement>("#compared").click();
    await settle();
    intent("trust-confirm").click();
    await settle();
    expect(calls).toEqual([{ command: "trust_presented", args: {} }]);
  });

  it("is left without a trace", async () => {
    const calls = await open(scenes["trust-asks"] ?? home);
    intent("cancel").click();
    await settle();
    expect(calls).toEqual([{ command: "cancel_trust", args: {} }]);
  });

  it("says what to do where there is nobody to be trusted", async () => {
    await open(scenes["trust-refused"] ?? home);
    expect(one("dialog").textContent).toContain("lablink instance set ADDRESS --ca FILE");
    expect(document.querySelectorAll('[data-intent="trust-confirm"]')).toHaveLength(0);
  });
});

describe("unlink", () => {
  it("revokes at GitLab unless the person says otherwise", async () => {
    const calls = await open(scenes["unlink-confirm"] ?? home);
    intent("unlink-confirm").click();
    await settle();
    one<HTMLInputElement>("#unlink-revoke").click();
    await settle();
    intent("unlink-confirm").click();
    await settle();
    expect(calls).toEqual([
      { command: "unlink", args: { keepToken: false, hereOnly: false, revokeLater: false } },
      { command: "unlink", args: { keepToken: true, hereOnly: false, revokeLater: false } },
    ]);
  });

  it("names the account it asks about, and starts with the title in focus, not with the dangerous button", async () => {
    await open(scenes["unlink-confirm"] ?? home);
    const dialog = one<HTMLDialogElement>("dialog");
    expect(document.getElementById(dialog.getAttribute("aria-labelledby") ?? "")?.textContent).toBe(
      "Unlink “Release bot”?",
    );
    expect(document.activeElement).toBe(one("dialog h2"));
  });

  it("an app login is called a login, nowhere a token", async () => {
    await open(scenes["unlink-confirm-app"] ?? home);
    const words = one("dialog").textContent;
    expect(words).toContain("the login is deleted from GNOME Keyring");
    expect(words).toContain("End the login at GitLab too");
    expect(words).not.toMatch(/token/i);
    await change({ unlink: unlinking("done", ["skipped", "skipped", "done", "done"], { method: "app" }) });
    expect(one("dialog").textContent).not.toMatch(/token/i);
  });

  it("says each step as it comes", async () => {
    await open(scenes["unlink-progress"] ?? home);
    const tasks = () => Array.from(document.querySelectorAll("dialog .task"), (task) => task.className);
    expect(tasks()).toEqual(["task task-ok", "task task-busy", "task task-todo", "task task-todo"]);
    await change({ accounts: [old, work], unlink: unlinking("done", ["done", "done", "done", "done"]) });
    expect(one("dialog h2").textContent).toBe("“Release bot” is unlinked");
    expect(new Set(tasks())).toEqual(new Set(["task task-ok"]));
  });

  it("stopped: again, later, here only, or leave it linked", async () => {
    const calls = await open(scenes["unlink-offline"] ?? home);
    intent("unlink-again").click();
    await settle();
    intent("unlink-later").click();
    await settle();
    intent("unlink-here-only").click();
    await settle();
    intent("cancel").click();
    await settle();
    expect(calls).toEqual([
      { command: "unlink", args: { keepToken: false, hereOnly: false, revokeLater: false } },
      { command: "unlink", args: { keepToken: false, hereOnly: false, revokeLater: true } },
      { command: "unlink", args: { keepToken: true, hereOnly: true, revokeLater: false } },
      { command: "cancel_unlink", args: {} },
    ]);
  });

  it("what is done later is said, and waits at home to be tried or given up", async () => {
    const calls = await open(scenes["unlink-later"] ?? home);
    expect(one("dialog").textContent).toContain("LabLink goes on trying");
    await change({ unlink: null });
    expect(one("main").textContent).toContain("Old laptop · @ada · git.example.test/gitlab");
    intent("waiting-try").click();
    await settle();
    intent("waiting-give-up").click();
    await settle();
    expect(one("dialog h2").textContent).toBe("Leave the token of “Old laptop” alive?");
    intent("waiting-give-up-confirm").click();
    await settle();
    expect(document.querySelector("dialog")).toBeNull();
    expect(calls).toEqual([
      { command: "try_waiting", args: { id: "a-gone" } },
      { command: "give_up_waiting", args: { id: "a-gone" } },
    ]);
  });

  it("a token left alive is said at the end", async () => {
    await open(scenes["unlink-kept"] ?? home);
    expect(one("dialog").textContent).toContain("the token still works there");
    expect(one("dialog").textContent).not.toContain("GitLab refuses it now");
  });
});

describe("where secrets live", () => {
  it("an encrypted file wants the same passphrase twice", async () => {
    const user = userEvent.setup();
    const calls = await open(scenes["keychain-absent"] ?? home);
    intent("keychain-act").click();
    await settle();
    expect(document.activeElement).toBe(one("#passphrase-again"));
    expect(calls).toEqual([]);
    await user.clear(one("#passphrase-again"));
    await user.type(one("#passphrase-again"), "correct horse{Enter}");
    await settle();
    expect(calls).toEqual([{ command: "use_encrypted_file", args: { passphrase: "correct horse" } }]);
    expect(document.documentElement.outerHTML).not.toContain("correct horse");
  });

  it("a wrong passphrase is said at the field until another is typed", async () => {
    const user = userEvent.setup();
    const calls = await open(scenes["keychain-wrong-passphrase"] ?? home);
    const field = one<HTMLInputElement>("#passphrase");
    expect(field.getAttribute("aria-invalid")).toBe("true");
    expect(description(field)).toContain("does not open the file");
    await user.type(field, "x");
    expect(field.getAttribute("aria-invalid")).toBeNull();
    await user.keyboard("{Enter}");
    await settle();
    expect(calls).toEqual([{ command: "open_encrypted_file", args: { passphrase: "x" } }]);
    await change({ keychain: { state: "ready", place: "encrypted_file" } });
    expect(field.value).toBe("");
    expect(screenName()).toBe("accounts");
  });
});

describe("a clock that is off", () => {
  it("is said with the account, and only where it is", async () => {
    await open(scenes["account-clock"] ?? home);
    expect(one(".notice").textContent).toContain("clock is 10 days ahead of GitLab’s. Set it right.");
    await change({ accounts: [work] });
    expect(document.querySelector(".notice")).toBeNull();
  });
});

describe("instances and settings", () => {
  it("says what closing does here", async () => {
    await open(scenes["settings-all"] ?? home);
    expect(one("main").textContent).toContain("only while LabLink runs");
    await change({ tray: false });
    expect(one("main").textContent).toContain("because this desktop has no tray");
    expect(document.querySelector("#keep-in-tray")).toBeNull();
  });

  it.each(["start_at_login", "keep_in_tray", "notices"] as const)("switches %s", async (kind) => {
    const calls = await open(scenes["settings-all"] ?? home);
    const box = one<HTMLInputElement>(`#${kind.replaceAll("_", "-")}`);
    const was = box.checked;
    box.click();
    await settle();
    expect(calls).toEqual([{ command: "choose", args: { choice: { kind, on: !was } } }]);
    expect(box.checked, "as Rust has it until Rust says otherwise").toBe(was);
  });

  it("draws what Rust says, and that a desktop shows no notifications", async () => {
    await open(scenes["settings-all"] ?? home);
    expect(description(one("#notices"))).toContain("30, 7 and 1 days before");
    await change({
      settings: {
        notices: false,
        notices_shown: false,
        keep_in_tray: false,
        check_minutes: 240,
        starts_at_login: null,
      },
    });
    expect(one<HTMLInputElement>("#notices").checked).toBe(false);
    expect(description(one("#notices"))).toContain("shows no notifications");
    expect(one<HTMLInputElement>("#keep-in-tray").checked).toBe(false);
    expect(one<HTMLSelectElement>("#check-every").value).toBe("240");
    expect(document.querySelector("#start-at-login"), "nothing is offered that cannot be").toBeNull();
  });

  it("chooses how often is checked, in words", async () => {
    const calls = await open(scenes["settings-all"] ?? home);
    const select = one<HTMLSelectElement>("#check-every");
    expect([...select.options].map((option) => option.text)).toEqual([
      "Every 15 minutes",
      "Every hour",
      "Every 4 hours",
      "Once a day",
    ]);
    await userEvent.selectOptions(select, "Once a day");
    expect(calls).toEqual([{ command: "choose", args: { choice: { kind: "check_every", minutes: 1440 } } }]);
  });

  it.each([
    ["retry-keychain", { command: "retry_keychain", args: {} }],
    ["open-logs", { command: "open_destination", args: { destination: { kind: "log_folder" } } }],
    ["copy-report", { command: "copy_report", args: {} }],
  ])("%s", async (press, expected) => {
    const calls = await open(scenes["settings-all"] ?? home);
    intent(press).click();
    await settle();
    expect(calls).toEqual([expected]);
  });

  it("a refused first question is trouble with everything", async () => {
    set({ snapshot: null });
    mockIPC(() => {
      throw problem("home_unusable");
    });
    render(App);
    await desk.open();
    await settle();
    expect(screenName()).toBe("trouble");
    expect(one("main").textContent).toContain("cannot use the folder");
  });

  it("a damaged list is put aside only when the person says so twice", async () => {
    const calls = await open(scenes["trouble-damaged"] ?? home);
    expect(one("main").textContent).toContain("The list of your accounts is damaged.");
    intent("put-aside").click();
    await settle();
    expect(one("dialog").textContent).toContain("It is kept");
    intent("cancel").click();
    await settle();
    expect(document.querySelector("dialog")).toBeNull();
    expect(calls).toEqual([]);
    intent("put-aside").click();
    await settle();
    intent("put-aside-confirm").click();
    await settle();
    expect(calls).toEqual([{ command: "put_aside", args: {} }]);
    // Rust opens it once more, and says what there is.
    desk.draw(snapshot({ revision: 50, recovered: [{ what: "put_aside", name: "/home/ada/x-damaged.db" }] }));
    await settle();
    expect(screenName()).toBe("accounts");
    expect(one("main").textContent).toContain("kept as /home/ada/x-damaged.db");
  });

  it("a list that cannot be put aside is said, and other trouble offers no such thing", async () => {
    const refuse = ({ command }: { command: string }) => {
      if (command === "put_aside") throw problem("store_failed");
    };
    await open(scenes["trouble-damaged-asks"] ?? home, refuse);
    intent("put-aside-confirm").click();
    await settle();
    expect(one("main").textContent).toContain("could not write to its own files");
    expect(one("main").textContent).toContain("The list of your accounts is damaged.");
  });

  it("trouble with everything is said instead of everything", async () => {
    await open(scenes["trouble"] ?? home);
    expect(screenName()).toBe("trouble");
    expect(one("main").textContent).toContain("A newer LabLink wrote these files.");
    expect(document.querySelector('[data-intent="put-aside"]')).toBeNull();
  });
});
