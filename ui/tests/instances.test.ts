// GitLabs that are known here: looked at, added, registered, removed, and handed on as a link profile or taken from one.

import { userEvent } from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { addressed, found, instance, problem, review, snapshot, work } from "../src/fixtures/pieces";
import { scenes } from "../src/fixtures/scenes";
import { announced, change, commands, description, intent, one, open, screenName, settle } from "./window";

const home = { snapshot: snapshot() };
const press = async (name: string) => {
  intent(name).click();
  await settle();
};
const title = () => one("main h1").textContent;

describe("the list", () => {
  it("says of each whether app login is ready, and opens its page", async () => {
    await open(scenes["instances-list"] ?? home);
    expect(one('[data-instance="https://code.example.test"]').textContent).toContain("App login ready");
    expect(one('[data-instance="https://new.example.test"]').textContent).toContain("Tokens only");
    one('[data-instance="https://code.example.test"] button').click();
    await settle();
    expect(screenName()).toBe("instance");
    expect(title()).toBe("code.example.test");
    await press("back");
    expect(document.activeElement).toBe(one('[data-instance="https://code.example.test"] button'));
  });

  it("a GitLab that goes away while its page is open leads to the list", async () => {
    await open(scenes["instance-not-set-up"] ?? home);
    await change({ instances: [instance("https://gitlab.com", { source: "built_in" })] });
    expect(screenName()).toBe("instances");
  });
});

describe("one GitLab", () => {
  it("opens by its address, and links there", async () => {
    const calls = await open(scenes["instance-registered"] ?? home);
    await press("open-instance");
    await press("link-here");
    const address = "https://git.example.test/gitlab";
    expect(calls).toEqual([
      { command: "open_destination", args: { destination: { kind: "instance", address } } },
      { command: "link_at", args: { address, goal: "sign_in" } },
    ]);
  });

  it("nothing of a managed one can be changed", async () => {
    await open(scenes["instance-managed"] ?? home);
    for (const name of ["register", "remove-instance", "ask-admin"]) {
      expect(document.querySelector(`[data-intent="${name}"]`)).toBeNull();
    }
    expect(one("main").textContent).toContain("Your company manages this GitLab for you");
  });

  it("is removed after a question, and not while accounts are on it", async () => {
    const calls = await open(scenes["instance-remove"] ?? home);
    await press("remove-confirm");
    expect(calls).toEqual([{ command: "remove_instance", args: { address: "https://new.example.test" } }]);
  });

  it("says why it cannot be removed", async () => {
    const calls = await open(scenes["instance-plain"] ?? home);
    expect(intent("remove-instance").getAttribute("aria-disabled")).toBe("true");
    await press("remove-instance");
    expect(announced()).toBe("Accounts are linked here. Unlink them first.");
    expect(calls).toEqual([]);
  });

  it("registering ends where the application ID is pasted, and a full sign-in proves it", async () => {
    const calls = await open(scenes["instance-register"] ?? home);
    expect(title()).toBe("Register LabLink on new.example.test");
    await press("prove");
    expect(calls).toEqual([{ command: "link_at", args: { address: "https://new.example.test", goal: "register" } }]);
  });

  it("shares its link profile as link, picture and text", async () => {
    const calls = await open(scenes["instance-share"] ?? home);
    expect(one("dialog .qr-large")).toBeTruthy();
    await press("copy-profile-link");
    await press("copy-profile-file");
    expect(intent("copy-profile-file").textContent.trim()).toBe("Copied");
    expect(calls.map(({ args }) => (args as { how: string }).how)).toEqual(["show", "copy_link", "copy_file"]);
  });
});

describe("adding one", () => {
  it("asks the server and opens its page", async () => {
    const user = userEvent.setup();
    const calls = await open(scenes["add-instance"] ?? home, ({ command }) =>
      command === "add_instance" ? "https://new.example.test" : null,
    );
    await user.type(one("#address"), "new.example.test{Enter}");
    await settle();
    expect(calls).toEqual([{ command: "add_instance", args: { text: "new.example.test", allowHttp: false } }]);
    expect(title()).toBe("new.example.test");
  });

  it("plain http wants a yes, for this address only", async () => {
    const user = userEvent.setup();
    const calls = await open(scenes["add-instance"] ?? home, () => {
      throw problem("http_needs_consent", { host: "lab.test" });
    });
    await user.type(one("#address"), "http://lab.test{Enter}");
    await settle();
    expect(document.activeElement).toBe(one("#consent"));
    await user.click(one("#consent"));
    await user.click(intent("add-confirm"));
    await settle();
    expect(calls.at(-1)).toEqual({ command: "add_instance", args: { text: "http://lab.test", allowHttp: true } });
    await user.type(one("#address"), "x");
    expect(document.querySelector("#consent")).toBeNull();
  });

  it("nothing typed is said at the field", async () => {
    await open(scenes["add-instance"] ?? home);
    await press("add-confirm");
    expect(document.activeElement).toBe(one("#address"));
    expect(description(one("#address"))).toContain("Type or paste the address");
  });
});

describe("a link profile", () => {
  it("two presses lead to the browser: the profile, and taking it", async () => {
    const user = userEvent.setup();
    const calls = await open(scenes["profile-paste"] ?? home);
    await user.click(one("#profile-text"));
    await user.paste("lablink://link?p=abc");
    await user.click(intent("review-profile"));
    await settle();
    await change({ profile: review() });
    expect(title()).toBe("Set up git.example.test/gitlab?");
    expect(intent("take-profile").textContent.trim()).toBe("Take it and sign in");
    await press("take-profile");
    await change({ profile: null });
    expect(calls).toEqual([
      { command: "review_profile", args: { text: "lablink://link?p=abc" } },
      { command: "take_profile", args: { replace: false } },
      { command: "link_at", args: { address: "https://git.example.test/gitlab", goal: "sign_in" } },
    ]);
  });

  it("a file is chosen or dropped, and its text is looked at", async () => {
    const user = userEvent.setup();
    const calls = await open(scenes["profile-paste"] ?? home);
    await user.upload(one("#profile-file"), new File(["lablink_profile = 1"], "work.toml"));
    await settle();
    const drop = new Event("drop", { bubbles: true, cancelable: true });
    Object.assign(drop, { dataTransfer: { files: [new File(["dropped"], "x.toml")], getData: () => "" } });
    one("form").dispatchEvent(drop);
    await settle();
    expect(calls.map(({ args }) => args)).toEqual([{ text: "lablink_profile = 1" }, { text: "dropped" }]);
    expect(drop.defaultPrevented).toBe(true);
  });

  it("one that would change what is known shows here and there, and replaces only by that word", async () => {
    const calls = await open(scenes["profile-differs"] ?? home);
    expect(one("main").textContent).toMatch(/Here:\s*not set/);
    expect(intent("take-profile").textContent.trim()).toBe("Replace");
    expect(intent("take-profile").className).toContain("button-danger");
    await press("take-profile");
    expect(calls[0]).toEqual({ command: "take_profile", args: { replace: true } });
  });

  it("an authority it brings is said aloud", async () => {
    await open(scenes["profile-new"] ?? home);
    expect(one(".notice").textContent).toContain("“Example Corp CA”");
  });

  it.each(["profile-locked", "profile-invalid"])("%s can only be closed", async (name) => {
    const calls = await open(scenes[name] ?? home);
    expect(document.querySelector('[data-intent="take-profile"]')).toBeNull();
    await press("close");
    expect(commands(calls)).toEqual(["dismiss_profile"]);
  });

  it("a link that is opened during linking takes nothing away, and Esc goes back to it", async () => {
    const calls = await open({ snapshot: snapshot({ flow: addressed("git.example.test", found) }) });
    await change({ profile: review({ outcome: "same" }) });
    expect(screenName()).toBe("profile");
    await userEvent.keyboard("{Escape}");
    await settle();
    expect(commands(calls)).toEqual(["dismiss_profile"]);
    await change({ profile: null });
    expect(screenName()).toBe("link-address");
  });

  it("taking one for a GitLab with an account ends at its page", async () => {
    await open({ snapshot: snapshot({ accounts: [work], profile: review() }) });
    await press("take-profile");
    await change({ profile: null });
    expect(screenName()).toBe("instance");
  });

  it("a refused taking is said and nothing moves on", async () => {
    const calls = await open(scenes["profile-new"] ?? home, () => {
      throw problem("policy_locked");
    });
    await press("take-profile");
    expect(one('.notice[role="alert"]').textContent).toContain("Your company decides this");
    expect(commands(calls)).toEqual(["take_profile"]);
  });
});
