// Linking: what is typed goes to Rust and stays in its field, what cannot be done yet says why, and a token leaves no trace.

import { userEvent } from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { addressed, checked, flow, found, narrow, problem, signIn, snapshot } from "../src/fixtures/pieces";
import { scenes } from "../src/fixtures/scenes";
import { announced, change, commands, description, intent, one, open, screenName, settle } from "./window";

const TOKEN = "glpat-canary-0123456789";
const address = () => one<HTMLInputElement>("#address");
const displayName = () => one<HTMLInputElement>("#display-name");
const token = () => one<HTMLInputElement>("#token");
const with_ = (own: Parameters<typeof snapshot>[0]) => ({ snapshot: snapshot(own) });

describe("the way in", () => {
  it.each([
    ["way-company", { command: "start_link", args: { way: "company" } }],
    ["way-gitlab-com", { command: "link_at", args: { address: "https://gitlab.com", goal: "sign_in" } }],
  ])("%s on the first start opens the flow", async (name, call) => {
    const calls = await open(with_({ accounts: [] }));
    intent(name).click();
    await settle();
    expect(calls).toEqual([call]);
  });

  it("asks first where secrets live when there is no keychain, then goes on", async () => {
    const calls = await open(with_({ accounts: [], keychain: { state: "absent" } }));
    intent("way-company").click();
    await settle();
    expect(screenName()).toBe("keychain");
    expect(calls).toEqual([]);
    await change({ keychain: { state: "ready", place: "encrypted_file" } });
    expect(commands(calls)).toEqual(["start_link"]);
  });

  it("four inputs are enough: way in, address, token, link", async () => {
    const user = userEvent.setup();
    const calls = await open(with_({ accounts: [] }));
    let inputs = 0;
    await user.click(intent("way-company"));
    inputs += 1;
    await change({ flow: flow() });
    await user.click(address());
    await user.paste("https://git.example.test/gitlab/team/repo");
    inputs += 1;
    await change({ flow: addressed("https://git.example.test/gitlab/team/repo", found, { name: "git.example.test" }) });
    await user.keyboard("{Enter}");
    await change({ flow: signIn({ state: "empty" }) });
    await user.click(token());
    await user.paste(TOKEN);
    inputs += 1;
    await change({ flow: signIn(checked()) });
    await user.click(intent("link-account"));
    inputs += 1;
    await settle();
    expect(commands(calls)).toEqual(["start_link", "set_address", "next_step", "set_token", "link_account"]);
    expect(inputs).toBeLessThanOrEqual(4);
  });
});

describe("step 1", () => {
  it("sends every input in the order typed, and Next only after it", async () => {
    const user = userEvent.setup();
    const answers: (() => void)[] = [];
    const calls = await open(with_({ flow: addressed("", found) }), ({ command }) =>
      command === "set_address"
        ? new Promise((done) =>
            answers.push(() => {
              done(null);
            }),
          )
        : null,
    );
    await user.type(address(), "ab");
    intent("next").click();
    await settle();
    // The first is not answered yet, so nothing overtakes it.
    expect(calls).toEqual([{ command: "set_address", args: { text: "a" } }]);
    answers[0]?.();
    await settle();
    answers[1]?.();
    await settle();
    expect(calls.map(({ command, args }) => [command, (args as { text?: string }).text])).toEqual([
      ["set_address", "a"],
      ["set_address", "ab"],
      ["next_step", undefined],
    ]);
  });

  it("nothing typed is lost when a snapshot with older text comes", async () => {
    const user = userEvent.setup();
    await open(with_({ flow: flow() }));
    await user.type(address(), "git.example.test");
    await user.type(displayName(), "Work");
    await change({ flow: addressed("git.ex", { state: "looking", host: "git.ex" }, { name: "git.ex" }) });
    expect(address().value).toBe("git.example.test");
    expect(displayName().value).toBe("Work");
    expect(document.activeElement).toBe(displayName());
  });

  it("the name is prefilled as long as nobody typed one, and may be emptied", async () => {
    const user = userEvent.setup();
    const calls = await open(with_({ flow: flow() }));
    await change({ flow: addressed("git.example.test", found) });
    expect(displayName().value).toBe("git.example.test");
    await user.clear(displayName());
    await change({ flow: addressed("git.example.test", found, { name: "", name_problem: problem("name_empty") }) });
    expect(displayName().value).toBe("");
    expect(calls.at(-1)).toEqual({ command: "set_name", args: { text: "" } });
  });

  it("Back finds what was typed", async () => {
    await open(with_({ flow: signIn({ state: "empty" }) }));
    await change({ flow: addressed("git.example.test/gitlab/x", found, { name: "Work" }) });
    expect(address().value).toBe("git.example.test/gitlab/x");
    expect(displayName().value).toBe("Work");
  });

  it("an address that does not work ties its words to the field", async () => {
    await open(scenes["link-1-nothing-answers"] ?? with_({}));
    expect(address().getAttribute("aria-invalid")).toBe("true");
    expect(description(address())).toContain("Nothing answers at git.example.test:8443.");
    expect(one("main").dataset["addressState"]).toBe("bad");
    expect(one("#address-notice").getAttribute("role")).toBe("alert");
  });

  it("a name that is taken ties its words to the field, and Next leads there", async () => {
    const calls = await open(scenes["link-1-name-taken"] ?? with_({}));
    expect(displayName().getAttribute("aria-invalid")).toBe("true");
    expect(description(displayName())).toBe("You already have an account named “Work”. Choose another name.");
    intent("next").click();
    await settle();
    expect(document.activeElement).toBe(displayName());
    expect(announced()).toContain("“Work”");
    expect(calls).toEqual([]);
  });

  it.each([
    ["link-1-empty", "#address", "First, type the address of your GitLab."],
    ["link-1-plain-http", "#consent", "This address does not work yet."],
    ["link-1-untrusted-certificate", '[data-intent="trust"]', "This address does not work yet."],
    ["link-1-sign-in-proxy", "#address", "This address does not work yet."],
  ])("%s: Next is reached but not ready; pressed, it leads to what is missing", async (name, selector, words) => {
    const calls = await open(scenes[name] ?? with_({}));
    expect(intent("next").getAttribute("aria-disabled")).toBe("true");
    expect(intent("next").hasAttribute("disabled")).toBe(false);
    intent("next").click();
    await settle();
    expect(document.activeElement).toBe(one(selector));
    expect(announced()).toBe(words);
    expect(calls).toEqual([]);
  });

  it("plain http is agreed to for that host alone", async () => {
    const user = userEvent.setup();
    const calls = await open(scenes["link-1-plain-http"] ?? with_({}));
    await user.click(one("label[for=consent]"));
    await settle();
    expect(commands(calls)).toEqual(["consent_plain_http"]);
  });

  it("an authority is trusted only by its own button, with the fingerprint to compare", async () => {
    const calls = await open(scenes["link-1-untrusted-certificate"] ?? with_({}));
    expect(one(".fingerprint").textContent).toBe(
      "3F9A 0C71 5E22 B8D4 6011 AF9D 47C3 8E05 7B64 E190 2CDD 5836 A2F7 194B 836E C01D",
    );
    intent("trust").click();
    await settle();
    expect(commands(calls)).toEqual(["trust_authority"]);
  });

  it("an expired certificate offers no trust", async () => {
    await open(scenes["link-1-expired-certificate"] ?? with_({}));
    expect(document.querySelector('[data-intent="trust"]')).toBeNull();
    expect(one("#address-notice").textContent).toContain("expired on");
  });

  it("GitLab.com needs no address, and says when it cannot be reached", async () => {
    const calls = await open(scenes["link-1-gitlab-com-down"] ?? with_({}));
    expect(document.querySelector("#address")).toBeNull();
    expect(one("#address-notice").textContent).toContain("gitlab.com");
    intent("look-again").click();
    await settle();
    expect(commands(calls)).toEqual(["look_again"]);
  });
});

describe("step 2", () => {
  it("shows every way, and each can be chosen: one that does not work yet says what would make it", async () => {
    const user = userEvent.setup();
    const calls = await open(scenes["link-2-token-empty"] ?? with_({}));
    expect(Array.from(document.querySelectorAll("[data-method]"), (way) => way.id)).toEqual([
      "method-app",
      "method-token",
      "method-device",
    ]);
    expect(description(intent("method-app"))).toBe("Not set up on this GitLab yet.");
    await user.click(intent("method-app"));
    await user.click(intent("method-device"));
    await settle();
    expect(calls).toEqual([
      { command: "choose_method", args: { method: "app" } },
      { command: "choose_method", args: { method: "device" } },
    ]);
  });

  it("what was typed is out of the field as soon as it is sent to be linked, and Rust still has it", async () => {
    const user = userEvent.setup();
    await open(with_({ flow: signIn({ state: "empty" }) }));
    await user.type(token(), TOKEN);
    await change({ flow: signIn(checked(), { linking: true, can_link: false }) });
    expect(token().value).toBe("");
    await change({ flow: signIn(checked()) });
    expect(token().placeholder).toBe("Pasted");
  });

  it("Link account without a token leads to the field", async () => {
    const calls = await open(scenes["link-2-token-nudged"] ?? with_({}));
    expect(document.activeElement).toBe(token());
    expect(token().getAttribute("aria-invalid")).toBe("true");
    expect(description(token())).toBe("Paste an access token.");
    expect(announced()).toBe("First, paste an access token.");
    expect(calls).toEqual([]);
  });

  it("the token goes to Rust and nowhere else in the page, and is gone when it is linked", async () => {
    const user = userEvent.setup();
    const calls = await open(scenes["link-2-token-empty"] ?? with_({}));
    const field = token();
    await user.click(field);
    await user.paste(TOKEN);
    expect(calls).toEqual([{ command: "set_token", args: { text: TOKEN } }]);
    expect(field.type).toBe("password");
    expect(document.documentElement.outerHTML).not.toContain(TOKEN);
    await change({ flow: signIn(checked()) });
    await user.keyboard("{Enter}");
    await settle();
    expect(calls.at(-1)).toEqual({ command: "link_account", args: { asItIs: false } });
    await change({ flow: flow({ step: "done", name: "Work", account: "a-work" }) });
    expect(field.value).toBe("");
    expect(document.documentElement.outerHTML).not.toContain("canary");
    expect(JSON.stringify({ ...localStorage, ...sessionStorage })).not.toContain("canary");
  });

  it.each([
    ["Back", addressed("git.example.test", found)],
    ["Cancel", null],
  ])("%s empties the token's field", async (_, next) => {
    const user = userEvent.setup();
    await open(scenes["link-2-token-empty"] ?? with_({}));
    const field = token();
    await user.click(field);
    await user.paste(TOKEN);
    await change({ flow: next });
    expect(field.value).toBe("");
  });

  it("Paste lets Rust read the clipboard: the text does not pass through the page", async () => {
    const calls = await open(scenes["link-2-token-empty"] ?? with_({}));
    intent("paste").click();
    await settle();
    expect(commands(calls)).toEqual(["paste_token"]);
    await change({ flow: signIn({ state: "typed" }) });
    expect(token().value).toBe("");
    expect(token().placeholder).toBe("Pasted");
  });

  it("an empty clipboard is said at the field", async () => {
    await open(scenes["link-2-token-empty"] ?? with_({}), () => {
      throw problem("clipboard_empty");
    });
    intent("paste").click();
    await settle();
    expect(description(token())).toBe("There is no text to paste. Copy the token on GitLab first.");
    expect(document.activeElement).toBe(token());
  });

  it("what a narrow token lacks is named, and it is linked as it is only by the person's own press", async () => {
    const calls = await open(with_({ flow: signIn(narrow) }));
    expect(one("main").dataset["tokenState"]).toBe("checked");
    expect(description(token())).toBe("The token works, but cannot push code: it lacks write_repository.");
    expect(one(".task-bad").textContent).toContain("write_repository");
    expect(intent("link-account").textContent).toBe("Link as it is");
    intent("link-account").click();
    await settle();
    expect(calls).toEqual([{ command: "link_account", args: { asItIs: true } }]);
  });

  it("a problem without any words for the field still stands at it", async () => {
    await open(scenes["link-2-token-wrong-kind"] ?? with_({}));
    expect(token().getAttribute("aria-invalid")).toBe("true");
    expect(description(token())).toContain("application secret");
  });

  it("while it is linked nothing can be pressed twice", async () => {
    const calls = await open(scenes["link-2-linking"] ?? with_({}));
    expect(intent("link-account").textContent).toBe("Linking…");
    intent("link-account").click();
    await settle();
    expect(commands(calls)).not.toContain("link_account");
    expect(token().readOnly).toBe(true);
  });

  it("why a link failed is said once, in a dialog; the step stands as it was", async () => {
    const calls = await open(scenes["link-2-failed"] ?? with_({}));
    const dialog = one<HTMLDialogElement>("dialog");
    expect(dialog.open).toBe(true);
    expect(dialog.textContent).toContain("“Work” was not linked");
    intent("close").click();
    await settle();
    expect(document.querySelector("dialog")).toBeNull();
    expect(token().value).not.toBe("");
    await change({ checking: false });
    expect(document.querySelector("dialog")).toBeNull();
    // Failing the same way again is said again.
    await change({ flow: signIn(checked(), { linking: true }) });
    await change({ flow: signIn(checked(), { problem: problem("keychain_failed", {}, "again") }) });
    expect(one<HTMLDialogElement>("dialog").open).toBe(true);
    expect(commands(calls)).toEqual(["set_token"]);
  });

  it("a keychain that cannot keep a secret is said before anything is linked, without a dialog", async () => {
    const calls = await open(scenes["link-2-keychain-tried"] ?? with_({}));
    expect(document.querySelector("dialog")).toBeNull();
    expect(one(".choice-body .notice").textContent).toContain("it is full");
    intent("retry-keychain").click();
    await settle();
    expect(commands(calls)).toEqual(["retry_keychain"]);
  });

  it("what a link tried too early finds out about the token stands at its field, without a dialog", async () => {
    await open(with_({ flow: signIn({ state: "checking" }) }));
    await change({ flow: signIn({ state: "checking" }, { linking: true }) });
    const refused = problem("token_expired");
    await change({ flow: signIn({ state: "bad", problem: refused }, { problem: refused }) });
    expect(document.querySelector("dialog")).toBeNull();
    expect(description(token())).toContain("expired");
    expect(document.activeElement).toBe(token());
  });

  it("a token that looks wrong may be tried all the same", async () => {
    const calls = await open(
      with_({ flow: signIn({ state: "looks_wrong", kind: "deploy_token" }, { can_link: true }) }),
    );
    expect(description(token())).toContain("deploy token");
    intent("link-account").click();
    await settle();
    expect(calls).toEqual([{ command: "link_account", args: { asItIs: false } }]);
  });

  it("a locked keyring stands in the way before anything is sent", async () => {
    const calls = await open(scenes["link-2-no-keychain"] ?? with_({}));
    intent("link-account").click();
    await settle();
    expect(document.activeElement).toBe(intent("unlock"));
    intent("unlock").click();
    await settle();
    expect(commands(calls)).toEqual(["unlock_keychain"]);
  });

  it("Cancel asks only when a token would be lost", async () => {
    const calls = await open(scenes["link-2-token-empty"] ?? with_({}));
    intent("cancel").click();
    await settle();
    expect(commands(calls)).toEqual(["cancel_link"]);
    await change({ flow: signIn(checked()) });
    intent("cancel").click();
    await settle();
    expect(one<HTMLDialogElement>("dialog").open).toBe(true);
    expect(commands(calls)).toEqual(["cancel_link"]);
    intent("cancel-stay").click();
    await settle();
    expect(document.querySelector("dialog")).toBeNull();
    intent("cancel").click();
    await settle();
    intent("cancel-confirm").click();
    await settle();
    expect(commands(calls)).toEqual(["cancel_link", "cancel_link"]);
  });
});

describe("done", () => {
  it("says who, what it can do and where the secret is; Enter's own button ends it", async () => {
    const calls = await open(scenes["done-linked"] ?? with_({}));
    const text = one("main").textContent;
    for (const said of ["Work is linked", "Ada Lovelace, @ada", "Use the API, read and write code", "GNOME Keyring"]) {
      expect(text).toContain(said);
    }
    intent("done").click();
    await settle();
    expect(commands(calls)).toEqual(["finish_link"]);
    await change({ flow: null });
    expect(screenName()).toBe("accounts");
  });

  it("names what a limited token cannot do", async () => {
    await open(scenes["done-limited"] ?? with_({}));
    expect(one("main").textContent).toMatch(/It cannot\s*Push code/);
  });
});
