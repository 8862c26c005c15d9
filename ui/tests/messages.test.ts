// The words: every code has some, no screen says anything that is not in the catalogue, and formats follow the language.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { CODES } from "../src/messages/codes";
import { english, type Messages } from "../src/messages/en";
import { formats } from "../src/messages/formats";
import { language } from "../src/messages/language.svelte";
import { flat } from "../src/messages/text";
import { NOW } from "../src/fixtures/pieces";
import { scenes } from "../src/fixtures/scenes";
import { open } from "./window";

const m = english("en-GB");

describe("problems", () => {
  it.each(CODES)("%s has words of its own, in whole sentences", (code) => {
    const bare = flat(m.problem({ code, values: {} }));
    expect(bare).toMatch(/^\p{Lu}|^that address|^git /u);
    expect(bare).toMatch(/[.!]$/);
    expect(bare.length).toBeGreaterThan(15);
    expect(bare).not.toMatch(/undefined|null|NaN|\b[45]\d\d\b|something went wrong|oops/i);
    if (code !== "internal") expect(bare).not.toBe(flat(m.problem({ code: "internal", values: {} })));
  });

  it("every code of Rust has words", () => {
    const source = readFileSync(resolve(import.meta.dirname, "../../crates/links/src/problem/code.rs"), "utf8");
    const theirs = Array.from(source.matchAll(/^ {4}\w+ = "([a-z_]+)",$/gm), (match) => match[1]);
    expect(theirs.length).toBeGreaterThan(60);
    expect(theirs.filter((code) => !(CODES as readonly (string | undefined)[]).includes(code))).toEqual([]);
  });

  it("no two codes say the same", () => {
    const said = CODES.map((code) => flat(m.problem({ code, values: {} })));
    expect(said.filter((text, index) => said.indexOf(text) !== index)).toEqual([]);
  });

  it("a code nobody knows is LabLink's own mistake, not a blank", () => {
    expect(m.problem({ code: "nobody_knows", values: {} })).toEqual(m.problem({ code: "internal", values: {} }));
  });

  it("values stand in the words where they help", () => {
    const say = (code: string, values: Record<string, string>) => flat(m.problem({ code, values }));
    expect(say("connection_refused", { host: "git.example.test:8443" })).toBe(
      "Nothing answers at git.example.test:8443. Check the address, or your VPN.",
    );
    expect(say("not_gitlab", { host: "code.example.test", software: "Gitea" })).toBe(
      "Gitea answers at code.example.test, not GitLab. Check the address.",
    );
    expect(say("token_too_narrow", { missing: "write_repository" })).toBe(
      "The token works, but cannot push code: it lacks write_repository.",
    );
    expect(say("token_too_narrow", { missing: "api read_repository write_repository" })).toBe(
      "The token works, but cannot use the API, read code and push code: it lacks api, read_repository and write_repository.",
    );
    expect(say("token_wrong_kind", { kind: "deploy_token" })).toContain("gldt-");
    expect(say("name_taken", { name: "Work" })).toContain("“Work”");
    expect(say("certificate_unknown_authority", { host: "a.test", issuer: "Example Corp CA" })).toContain(
      "signed by “Example Corp CA”",
    );
  });

  it("what a server says stays text: no markup is made of it", () => {
    const [piece] = m.problem({ code: "not_gitlab", values: { host: "a.test", software: "<b>**x**</b>`y`" } });
    expect(piece).toEqual({ as: "plain", text: "<b>**x**</b>`y` answers at " });
  });
});

describe("formats", () => {
  const british = formats("en-GB");
  const german = formats("de");
  const japanese = formats("ja");

  it("dates leave out this year, and days are days everywhere", () => {
    expect(british.date("2026-11-29", NOW)).toBe("29 November");
    expect(british.date("2027-11-20", NOW)).toBe("20 November 2027");
    expect(german.date("2026-11-29", NOW)).toBe("29. November");
    expect(japanese.date("2027-11-20", NOW)).toBe("2027年11月20日");
    expect(british.date("no date", NOW)).toBe("no date");
  });

  it("times are told from now", () => {
    const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();
    expect(british.ago(ago(5), NOW)).toBeUndefined();
    expect(m.home.checked(ago(5), NOW)).toBe("Checked just now");
    expect(british.ago(ago(120), NOW)).toBe("2 minutes ago");
    expect(british.ago(ago(7200), NOW)).toBe("2 hours ago");
    expect(british.ago(ago(3 * 86_400), NOW)).toBe("3 days ago");
    expect(german.ago(ago(120), NOW)).toBe("vor 2 Minuten");
    expect(british.ago(new Date(NOW + 60_000).toISOString(), NOW)).toBeUndefined();
    expect(british.inDays(9)).toBe("in 9 days");
    expect(british.inDays(1)).toBe("tomorrow");
    expect(british.inDays(0)).toBe("today");
    expect(british.span(1)).toBe("1 minute");
    expect(british.span(179)).toBe("179 minutes");
    expect(british.span(180)).toBe("3 hours");
    expect(british.span(2879)).toBe("48 hours");
    expect(british.span(14_400)).toBe("10 days");
    expect(german.span(1_150_000)).toBe("799 Tage");
  });

  it("plurals follow the language's own rules", () => {
    expect(m.home.need(1, 2)).toBe("1 of 2 needs you");
    expect(m.home.need(2, 3)).toBe("2 of 3 need you");
    expect(m.instances.title(1)).toBe("1 GitLab instance");
    expect(m.instances.title(1200)).toBe("1,200 GitLab instances");
  });
});

/** What of `text` the catalogue did not say; a text may stand within another. */
function outside(text: string): string {
  const without = text.replaceAll(/⟦[^⟦⟧]*⟧/g, "");
  return without === text ? text.replaceAll(/[⟦⟧]/g, "").trim() : outside(without);
}

/** Wraps every text the catalogue gives out, so that text from elsewhere shows. */
function pseudo<T>(value: T): T {
  if (typeof value === "string") return `⟦${value}⟧` as T;
  if (typeof value === "function") {
    return ((...args: unknown[]) => {
      const said: unknown = (value as unknown as (...args: unknown[]) => unknown)(...args);
      return said === undefined || said === null ? said : pseudo(said);
    }) as T;
  }
  if (Array.isArray(value)) return value.map(pseudo) as T;
  if (typeof value === "object" && value !== null) {
    if ("as" in value && "text" in value) return { ...value, text: pseudo(value.text) };
    return Object.fromEntries(Object.entries(value).map(([key, part]: [string, unknown]) => [key, pseudo(part)])) as T;
  }
  return value;
}

/** The catalogue in the pseudo-locale. Names of acts are codes, and the locale is no text. */
function pseudoMessages(): Messages {
  const wrapped = pseudo(m);
  return { ...wrapped, locale: m.locale, problemAct: m.problemAct };
}

describe("the pseudo-locale", () => {
  const before = language.messages;
  afterEach(() => {
    language.messages = before;
  });

  it.each(Object.entries(scenes))("%s shows no text from outside the catalogue", async (_, scene) => {
    language.messages = pseudoMessages();
    await open(scene);
    const data =
      JSON.stringify(scene.snapshot) + JSON.stringify(scene.trouble ?? {}) + JSON.stringify(scene.type ?? {});
    const seen: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) seen.push(node.textContent ?? "");
    for (const element of document.querySelectorAll("*")) {
      for (const name of ["aria-label", "placeholder", "title", "alt", "aria-roledescription", "aria-valuetext"]) {
        const value = element.getAttribute(name);
        if (value !== null) seen.push(value);
      }
    }
    const strangers = seen
      .map(outside)
      // What is left is a value of Rust's, drawn as it is: an account's name, a host, a technical detail.
      .filter((text) => text !== "" && !data.includes(JSON.stringify(text).slice(1, -1)))
      // A fingerprint is grouped for reading.
      .filter((text) => !/^[0-9A-F ]{64,}$/.test(text));
    expect(strangers).toEqual([]);
    expect(seen.some((text) => text.includes("⟦"))).toBe(true);
  });
});
