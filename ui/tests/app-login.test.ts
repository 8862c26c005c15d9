// App login and codes: two inputs where it is set up, a way to set it up where not, waiting that can be ended, and no
// trace of an address or a secret that is Rust's.

import { userEvent } from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import {
  ada,
  addressed,
  app,
  appReady,
  byApp,
  code,
  flow,
  found,
  NOW,
  old,
  permitting,
  problem,
  signIn,
  snapshot,
  waiting,
} from "../src/fixtures/pieces";
import { scenes } from "../src/fixtures/scenes";
import { announced, change, commands, description, intent, one, open, screenName, settle } from "./window";

const SECRET = "gloas-canary-0123456789";
const with_ = (own: Parameters<typeof snapshot>[0]) => ({ snapshot: snapshot(own) });
const press = async (name: string) => {
  intent(name).click();
  await settle();
};
const title = () => one("main h1").textContent;

describe("where app login is set up", () => {
  it("one press in the window is enough: on the first start, where the GitLab is asked for, and on its page", async () => {
    const company = "https://git.example.test/gitlab";
    const calls = await open(with_({ accounts: [] }));
    one(`[data-intent="sign-in-at"][data-instance="${company}"]`).click();
    await settle();
    await change({ flow: addressed("", { state: "looking", host: "git.example.test" }, { step: "at_once" }) });
    expect(screenName()).toBe("link-waiting");
    await press("back");
    await change({ flow: addressed(company, found) });
    expect(screenName()).toBe("link-address");
    one(`[data-intent="sign-in-at"][data-instance="${company}"]`).click();
    await settle();
    const there = { command: "link_at", args: { address: company, goal: "sign_in" } };
    expect(calls).toEqual([there, { command: "stop_login", args: {} }, there]);
  });

  it("a GitLab that does not know LabLink is not among them", async () => {
    await open(with_({ accounts: [] }));
    expect(document.querySelector('[data-intent="sign-in-at"][data-instance="https://new.example.test"]')).toBeNull();
  });

  it("what it asks for is changed beside where it says so", async () => {
    const calls = await open(scenes["link-2-scopes"] ?? with_({}));
    expect(one<HTMLInputElement>("#scope-api").checked).toBe(true);
    for (const scope of ["api", "write_repository", "read_repository"]) one(`#scope-${scope}`).click();
    await settle();
    // The last one stays asked for: with none there is nothing to ask.
    expect(calls).toEqual([
      { command: "set_scopes", args: { scopes: ["read_repository", "write_repository"] } },
      { command: "set_scopes", args: { scopes: ["read_repository"] } },
    ]);
    await change({ flow: byApp({ asks_for: ["read_repository"] }) });
    expect(one("main").textContent).toContain("It asks for: read code.");
  });

  it("the address typed, Link account is all that is left", async () => {
    const calls = await open(
      with_({
        flow: flow({ way: "gitlab_com", address: found, can_next: true, method: "app", app: appReady, can_link: true }),
      }),
    );
    expect(one("main").textContent).toContain("Sign in there, then press Authorize.");
    expect(one("main").textContent).toContain("It asks for: use the API, read and write code.");
    await press("link-account");
    expect(calls).toEqual([{ command: "link_account", args: { asItIs: false } }]);
  });

  it("another way is one press further", async () => {
    const calls = await open(
      with_({ flow: addressed("x", found, { method: "app", app: appReady, can_link: true, can_next: true }) }),
    );
    await press("next");
    expect(commands(calls)).toEqual(["next_step"]);
  });

  it("a locked keychain is said before anybody is sent to the browser", async () => {
    const calls = await open(
      with_({
        keychain: { state: "locked", place: "gnome_keyring" },
        flow: addressed("x", found, { method: "app", app: appReady, can_link: true }),
      }),
    );
    expect(document.querySelector('[data-intent="link-account"]')).toBeNull();
    await press("next");
    await change({ flow: byApp() });
    await press("link-account");
    expect(commands(calls)).toEqual(["next_step"]);
    expect(announced()).toBe("First, LabLink needs a place to keep the secret.");
  });

  it("less granted than asked for can be linked as it is", async () => {
    const calls = await open(scenes["link-2-app-login-narrow"] ?? with_({}));
    expect(one(".notice").textContent).toContain("write_repository");
    expect(intent("link-account").textContent.trim()).toBe("Link as it is");
    await press("link-account");
    expect(calls).toEqual([{ command: "link_account", args: { asItIs: true } }]);
  });
});

describe("where this GitLab does not know LabLink", () => {
  const notSetUp = scenes["link-2-app-login-not-set-up"] ?? with_({});

  it("the admin's message has everything in it", async () => {
    const calls = await open(notSetUp);
    await press("ask-admin");
    const [call] = calls;
    expect(call?.command).toBe("copy_admin_message");
    const { text } = call?.args as { text: string };
    for (const needed of [
      "git.example.test/gitlab",
      "https://git.example.test/gitlab/admin/applications",
      "http://127.0.0.1/callback",
      "Confidential",
      "api, read_repository, write_repository",
    ]) {
      expect(text).toContain(needed);
    }
    expect(new TextEncoder().encode(text).length).toBeLessThan(4096);
    expect(announced()).toBe("Copied. Send it to them");
  });

  it("Link account leads to what is missing", async () => {
    const calls = await open(notSetUp);
    await press("link-account");
    expect(announced()).toBe("First, this GitLab needs to know LabLink.");
    expect(document.activeElement).toBe(intent("ask-admin"));
    await press("register");
    await press("link-account");
    expect(document.activeElement).toBe(one("#application-id"));
    expect(calls).toEqual([]);
  });

  it("its pages and the redirect address are opened and copied by Rust", async () => {
    const calls = await open(scenes["link-2-app-login-register"] ?? with_({}));
    for (const name of ["open-registration", "open-registration-admin", "copy-redirect"]) await press(name);
    const address = "https://git.example.test/gitlab";
    expect(calls).toEqual([
      {
        command: "open_destination",
        args: { destination: { kind: "registration_page", address, whose: "user" } },
      },
      {
        command: "open_destination",
        args: { destination: { kind: "registration_page", address, whose: "admin" } },
      },
      { command: "copy_text_redirect", args: { address } },
    ]);
  });

  it("the application goes to Rust as it is typed; its secret stays in its field and goes with the step", async () => {
    const user = userEvent.setup();
    const calls = await open(scenes["link-2-app-login-register"] ?? with_({}));
    await user.click(one("#application-id"));
    await user.paste("7c1e");
    const secret = one<HTMLInputElement>("#application-secret");
    await user.click(secret);
    await user.paste(SECRET);
    await settle();
    expect(calls.at(-1)).toEqual({ command: "set_application", args: { applicationId: "7c1e", secret: SECRET } });
    await change({ flow: byApp({ app: { ...appReady, typed: true, confidential: true } as typeof appReady }) });
    expect(document.documentElement.outerHTML).not.toContain(SECRET);
    expect(intent("link-account").getAttribute("aria-disabled")).toBeNull();
    await press("link-account");
    await change({ flow: byApp({ app: { state: "starting" }, can_link: false }) });
    expect(secret.value).toBe("");
    await change({ flow: byApp({ app: { ...appReady, typed: true, confidential: true } as typeof appReady }) });
    expect(one<HTMLInputElement>("#application-secret").value).toBe("");
    expect(one<HTMLInputElement>("#application-secret").placeholder).toBe("Pasted");
    expect(one<HTMLInputElement>("#application-id").value).toBe(
      "7c1e9b40a2f85d136e07c49b82d1fa537c6b0e94d8a1f25360cb7e9142f8d3a8",
    );
  });

  it("what is wrong with it stands at its field", async () => {
    await open(scenes["link-2-app-login-bad-id"] ?? with_({}));
    const id = one("#application-id");
    expect(id.getAttribute("aria-invalid")).toBe("true");
    expect(description(id)).toContain("This is no application ID.");
  });

  it("an application GitLab does not know can be replaced at once", async () => {
    await open(scenes["link-2-app-login-unknown-app"] ?? with_({}));
    expect(one(".choice-body .notice").getAttribute("role")).toBe("alert");
    expect(intent("register")).toBeTruthy();
  });

  it("a code leads to app login, which it needs", async () => {
    const calls = await open(scenes["link-2-device-not-set-up"] ?? with_({}));
    await press("set-up-app");
    expect(calls).toEqual([{ command: "choose_method", args: { method: "app" } }]);
  });
});

describe("waiting for the browser", () => {
  it("opens again, copies and changes to a code by asking Rust: no address of a login is in the page", async () => {
    const calls = await open(scenes["link-2-waiting"] ?? with_({}));
    expect(screenName()).toBe("link-waiting");
    for (const name of ["open-again", "copy-link", "use-code"]) await press(name);
    expect(calls).toEqual([
      { command: "open_again", args: {} },
      { command: "copy_login_link", args: {} },
      { command: "choose_method", args: { method: "device" } },
    ]);
    expect(document.body.innerHTML).not.toContain("oauth/authorize");
  });

  it.each([
    ["link-2-waiting-failed", "could not be opened"],
    ["link-2-waiting-unsure", "does not say whether it opened"],
  ])("%s is told", async (name, words) => {
    await open(scenes[name] ?? with_({}));
    expect(one(".notice").textContent).toContain(words);
  });

  it("the time left is told from the clock on the wall", async () => {
    vi.useFakeTimers({ now: NOW, toFake: ["Date", "setInterval", "clearInterval"] });
    try {
      await open(scenes["link-2-waiting"] ?? with_({}));
      expect(one('[role="timer"]').textContent.trim()).toBe("9:42 left");
      // A laptop that slept wakes to the truth, not to the seconds it counted.
      vi.setSystemTime(NOW + 9 * 60_000);
      vi.advanceTimersByTime(1000);
      await settle();
      expect(one('[role="timer"]').textContent.trim()).toBe("0:41 left");
    } finally {
      vi.useRealTimers();
    }
  });

  it.each(["link-2-waiting", "link-2-code", "link-2-code-starting"])(
    "%s: Back and Esc end it and come to the ways again",
    async (name) => {
      const calls = await open(scenes[name] ?? with_({}));
      const method = name === "link-2-waiting" ? "app" : "device";
      await press("back");
      expect(commands(calls)).toEqual(["stop_login"]);
      await userEvent.keyboard("{Escape}");
      await settle();
      expect(commands(calls)).toEqual(["stop_login", "stop_login"]);
      await change({ flow: byApp({ method: method as "app" }) });
      expect(screenName()).toBe("link-sign-in");
      expect(document.activeElement).toBe(one("main h1"));
    },
  );

  it("Cancel ends it all without a question: nothing typed would be lost", async () => {
    const calls = await open(scenes["link-2-waiting"] ?? with_({}));
    await press("cancel");
    expect(commands(calls)).toEqual(["cancel_link"]);
  });

  it("once GitLab said yes there is no way back, only out", async () => {
    await open(scenes["link-2-waiting-finishing"] ?? with_({}));
    expect(document.querySelector('[data-intent="back"]')).toBeNull();
    expect(one("main").textContent).toContain("GitLab said yes.");
  });

  it("a browser that never came back is told with the likely causes, where it can be begun again", async () => {
    await open(with_({ flow: byApp({ app: waiting("opened"), can_link: false }) }));
    await change({ flow: byApp({ problem: problem("login_timed_out") }) });
    expect(screenName()).toBe("link-sign-in");
    expect(document.querySelector("dialog")).toBeNull();
    expect(one(".choice-body .notice").textContent).toContain("application ID or redirect address");
    expect(intent("link-account").getAttribute("aria-disabled")).toBeNull();
  });
});

describe("a code on another device", () => {
  it("is shown in halves, spelled for those who listen, with a QR code of every dark module", async () => {
    await open(scenes["link-2-code"] ?? with_({}));
    expect(one(".device-code .said").textContent).toBe("7 K 2 Q 9 B X D");
    expect(one(".device-code [aria-hidden]").textContent).toBe("7K2Q9BXD");
    const drawn = Array.from(
      one(".qr path")
        .getAttribute("d")
        ?.matchAll(/M(\d+) (\d+)h(\d+)/g) ?? [],
      (run) => run.slice(1).map(Number),
    );
    const rows = Array.from({ length: 33 }, () => Array.from({ length: 33 }, () => "0"));
    for (const [x = 0, y = 0, length = 0] of drawn) rows[y]?.fill("1", x, x + length);
    expect(rows.map((row) => row.join(""))).toEqual(code.state === "waiting" ? code.qr : []);
    expect(one(".qr").getAttribute("viewBox")).toBe("-4 -4 41 41");
  });

  it("asks who it is before anything is kept", async () => {
    const calls = await open(scenes["link-2-is-this-you"] ?? with_({}));
    expect(screenName()).toBe("link-confirm");
    expect(title()).toBe("Is this you?");
    expect(one("main").textContent).toContain("@ada on git.example.test/gitlab");
    await press("confirm-no");
    await userEvent.keyboard("{Escape}");
    await press("confirm-yes");
    expect(calls).toEqual([
      { command: "confirm_person", args: { yes: false } },
      { command: "confirm_person", args: { yes: false } },
      { command: "confirm_person", args: { yes: true } },
    ]);
  });

  it("focus goes to each step's title", async () => {
    await open(with_({ flow: byApp({ method: "device" }) }));
    await press("link-account");
    await change({ flow: byApp({ method: "device", device: code }) });
    expect(document.activeElement?.textContent).toBe("Type this code on another device");
    await change({ flow: byApp({ method: "device", device: { state: "confirm", person: ada } }) });
    expect(document.activeElement?.textContent).toBe("Is this you?");
  });
});

describe("an account that signs in by app", () => {
  it("says that it renews by itself, and until when at the latest", async () => {
    await open(scenes["account-app"] ?? with_({}));
    const text = one("main").textContent;
    expect(text).toMatch(/Renews\s*By itself\. Next: today/);
    expect(text).not.toContain("Never");
    await press("open-authorized");
  });

  it("opens its authorized applications on GitLab", async () => {
    const calls = await open(scenes["account-app"] ?? with_({}));
    await press("open-authorized");
    expect(calls).toEqual([
      { command: "open_destination", args: { destination: { kind: "authorized_apps", id: "a-work" } } },
    ]);
  });

  it("Link again opens the flow for it", async () => {
    const calls = await open(
      with_({ accounts: [old, { ...app, health: { state: "refused", why: "grant_refused" }, attention: "now" }] }),
    );
    one('[data-account="a-work"] [data-intent="link-again"]').click();
    await settle();
    expect(calls).toEqual([{ command: "relink", args: { id: "a-work" } }]);
  });

  it("linked again, an account has one step, and Escape leaves it", async () => {
    const calls = await open(scenes["link-2-again-app"] ?? with_({}));
    expect(one("h1").textContent.trim()).toBe("Link Work again");
    expect(one("main").textContent).toContain("@ada on git.example.test/gitlab");
    expect(document.querySelector('[data-intent="back"]')).toBeNull();
    one("h1").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    await settle();
    expect(calls.map(({ command }) => command)).toEqual(["cancel_link"]);
  });

  it("somebody else is used only when the person says so, and both ways out are offered", async () => {
    const calls = await open(scenes["link-2-is-this-you-else"] ?? with_({}));
    expect(one("h1").textContent.trim()).toBe("This is @grace");
    expect(one("main").textContent).toContain("“Work” was @ada. Use @grace from now on?");
    await press("confirm-no");
    await press("confirm-yes");
    expect(calls.map(({ args }) => args)).toEqual([{ yes: false }, { yes: true }]);
  });

  it("a token's account has no permissions to edit here", async () => {
    await open(scenes["account-linked"] ?? with_({}));
    expect(document.querySelector('[data-intent="edit-permissions"]')).toBeNull();
  });

  it("permissions are chosen in words with the raw names, and asked for only when they change", async () => {
    const calls = await open(scenes["account-app"] ?? with_({}));
    await press("edit-permissions");
    await change({ permissions: permitting() });
    expect(one("dialog").textContent).toMatch(/Push code\s*write_repository/);
    await press("ask-permissions");
    expect(announced()).toBe("First, change something.");
    one("#scope-write_repository").click();
    one("#scope-read_registry").click();
    await settle();
    await press("ask-permissions");
    expect(calls).toEqual([
      { command: "edit_permissions", args: { id: "a-work" } },
      { command: "ask_permissions", args: { scopes: ["api", "read_repository", "read_registry"] } },
    ]);
    await change({ permissions: permitting({ stage: "done" }) });
    await press("permissions-done");
    expect(commands(calls).at(-1)).toBe("cancel_permissions");
  });

  it("what broke leaves the account as it was, and can be asked again", async () => {
    const calls = await open(scenes["permissions-failed"] ?? with_({}));
    expect(one("dialog h2").textContent).toBe("“Work” is as it was");
    await press("ask-permissions");
    expect(calls).toEqual([{ command: "ask_permissions", args: { scopes: ["api"] } }]);
  });
});

it("signing in by token is still the way where nothing is set up", async () => {
  await open(with_({ flow: signIn({ state: "empty" }) }));
  expect(one<HTMLInputElement>("#method-token").checked).toBe(true);
  expect(one("#token")).toBeTruthy();
});
