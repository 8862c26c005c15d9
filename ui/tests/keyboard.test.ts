// Everything by keyboard: order, Enter, Esc, and where focus is after each change of screen.

import { userEvent } from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { addressed, checked, flow, found, signIn, snapshot, unlinking } from "../src/fixtures/pieces";
import { scenes } from "../src/fixtures/scenes";
import { announced, change, commands, intent, one, open, screenName, settle } from "./window";

const home = { snapshot: snapshot() };
const heading = () => one("main h1");
const name = (element: Element | null) =>
  element instanceof HTMLElement
    ? element.id !== ""
      ? `#${element.id}`
      : (element.dataset["intent"] ?? element.tagName.toLowerCase())
    : "nothing";

async function tabbed(count: number): Promise<string[]> {
  const user = userEvent.setup();
  const order: string[] = [];
  for (let press = 0; press < count; press += 1) {
    await user.tab();
    order.push(name(document.activeElement));
  }
  return order;
}

describe("order", () => {
  it("home: places, link, then each row from name to menu", async () => {
    await open(home);
    expect(await tabbed(9)).toEqual([
      "go-accounts",
      "go-instances",
      "go-settings",
      "check-all",
      "link",
      "open",
      "link-again",
      "menu",
      "open",
    ]);
  });

  it("step 1: way, address, name, Cancel, Next", async () => {
    await open({ snapshot: snapshot({ instances: [], flow: addressed("git.example.test", found) }) });
    expect((await tabbed(5)).slice(-4)).toEqual(["#address", "#display-name", "cancel", "next"]);
  });

  it("step 2: method, create, token, Paste, Change, Back, Cancel, Link account", async () => {
    await open({ snapshot: snapshot({ flow: signIn({ state: "empty" }) }) });
    expect(await tabbed(8)).toEqual([
      "#method-token",
      "create-token",
      "#token",
      "paste",
      "change-scopes",
      "back",
      "cancel",
      "link-account",
    ]);
  });
});

describe("focus", () => {
  it("moves to the new step's heading, and back to where the flow was opened from", async () => {
    const user = userEvent.setup();
    await open(home);
    await user.click(intent("link"));
    await change({ flow: flow() });
    expect(document.activeElement).toBe(heading());
    await change({ flow: signIn({ state: "empty" }) });
    expect(document.activeElement).toBe(heading());
    expect(heading().textContent).toBe("Sign in to git.example.test/gitlab");
    await change({ flow: addressed("git.example.test", found) });
    expect(document.activeElement).toBe(heading());
    expect(one("main > div").className).toBe("step-back");
    await change({ flow: null });
    expect(document.activeElement).toBe(intent("link"));
  });

  it("details: to the heading, and back to the row it came from", async () => {
    const user = userEvent.setup();
    await open(home);
    await user.click(one('[data-account="a-bot"] .account-open'));
    await settle();
    expect(document.activeElement).toBe(heading());
    await user.keyboard("{Escape}");
    await settle();
    expect(screenName()).toBe("accounts");
    expect(document.activeElement).toBe(one('[data-account="a-bot"] .account-open'));
  });

  it("a change within a screen moves nothing", async () => {
    const user = userEvent.setup();
    await open({ snapshot: snapshot({ flow: flow() }) });
    await user.click(one("#display-name"));
    await change({ flow: addressed("git.example.test", found) });
    expect(document.activeElement).toBe(one("#display-name"));
  });

  it("a dialog gives focus back to what opened it", async () => {
    const user = userEvent.setup();
    await open(home);
    await user.click(one('[data-account="a-bot"] [data-intent="menu"]'));
    await user.click(one('[role="menu"] [data-intent="unlink"]'));
    await change({ unlink: unlinking("confirm", []) });
    expect(document.activeElement).toBe(one("dialog h2"));
    await change({ unlink: null });
    expect(document.activeElement).toBe(one('[data-account="a-bot"] [data-intent="menu"]'));
  });
});

describe("the menu", () => {
  it("opens on its first item and is walked by arrows, ends and letters", async () => {
    const user = userEvent.setup();
    await open(home);
    one('[data-account="a-work"] [data-intent="menu"]').focus();
    await user.keyboard("{Enter}");
    await settle();
    const at = () => name(document.activeElement);
    expect(at()).toBe("check-now");
    await user.keyboard("{ArrowDown}");
    expect(at()).toBe("link-again");
    await user.keyboard("{End}");
    expect(at()).toBe("unlink");
    await user.keyboard("{ArrowDown}");
    expect(at()).toBe("check-now");
    await user.keyboard("{ArrowUp}{Home}");
    expect(at()).toBe("check-now");
    await user.keyboard("d");
    expect(at()).toBe("details");
    await user.keyboard("{Escape}");
    await settle();
    expect(document.querySelector('[role="menu"]')).toBeNull();
    expect(document.activeElement).toBe(one('[data-account="a-work"] [data-intent="menu"]'));
  });
});

describe("Esc", () => {
  it.each([
    ["step 1 is Cancel", flow(), "cancel_link"],
    ["step 2 is Back", signIn({ state: "empty" }), "back"],
    ["Done is Done", flow({ step: "done", account: "a-work" }), "finish_link"],
  ])("%s", async (_, standing, command) => {
    const user = userEvent.setup();
    const calls = await open({ snapshot: snapshot({ flow: standing }) });
    await user.keyboard("{Escape}");
    await settle();
    expect(commands(calls)).toEqual([command]);
  });

  it("in the keychain's screen is Cancel, and returns", async () => {
    const user = userEvent.setup();
    const calls = await open(scenes["keychain-passphrase"] ?? home);
    await user.keyboard("{Escape}");
    await settle();
    expect(screenName()).toBe("accounts");
    expect(document.activeElement).toBe(intent("type-passphrase"));
    expect(calls).toEqual([]);
  });

  it("in a dialog is its Cancel, and nothing behind it hears", async () => {
    const calls = await open({ snapshot: snapshot({ unlink: unlinking("confirm", []) }) });
    one("dialog").dispatchEvent(new Event("cancel", { cancelable: true }));
    await settle();
    expect(commands(calls)).toEqual(["cancel_unlink"]);
  });

  it("while unlinking runs stops nothing", async () => {
    const calls = await open(scenes["unlink-progress"] ?? home);
    const cancel = new Event("cancel", { cancelable: true });
    one("dialog").dispatchEvent(cancel);
    await settle();
    expect(cancel.defaultPrevented).toBe(true);
    expect(calls).toEqual([]);
  });
});

it("the whole link is done by keyboard alone", async () => {
  const user = userEvent.setup();
  const calls = await open({ snapshot: snapshot({ accounts: [], instances: [] }) });
  await user.tab();
  await user.tab();
  await user.tab();
  await user.tab();
  expect(document.activeElement).toBe(intent("way-company"));
  await user.keyboard("{Enter}");
  await change({ flow: flow() });
  await user.tab();
  await user.tab();
  expect(document.activeElement).toBe(one("#address"));
  await user.keyboard("git.example.test{Enter}");
  await change({ flow: addressed("git.example.test", found) });
  await user.keyboard("{Enter}");
  await change({ flow: signIn({ state: "empty" }) });
  while (document.activeElement !== one("#token")) await user.tab();
  await user.keyboard("t{Enter}");
  await settle();
  expect(commands(calls)).not.toContain("link_account");
  await change({ flow: signIn(checked()) });
  await user.keyboard("{Enter}");
  await settle();
  expect(commands(calls).at(-1)).toBe("link_account");
  await change({ flow: flow({ step: "done", name: "Work", account: "a-work" }), accounts: snapshot().accounts });
  while (document.activeElement !== intent("done")) await user.tab();
  await user.keyboard("{Enter}");
  await settle();
  expect(commands(calls).at(-1)).toBe("finish_link");
});

it("what a press could not do is announced politely, and the same words twice are said twice", async () => {
  await open(scenes["link-1-empty"] ?? home);
  const region = one("p.said[aria-live=polite]");
  intent("next").click();
  await settle();
  const first = region.textContent;
  intent("next").click();
  await settle();
  expect(announced()).toBe("First, type the address of your GitLab.");
  expect(region.textContent).not.toBe(first);
});
