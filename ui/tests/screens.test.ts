// Every screen in every state: it draws, it names itself, and axe finds nothing.

import axe from "axe-core";
import { describe, expect, it } from "vitest";
import { scenes } from "../src/fixtures/scenes";
import { open, screenName } from "./window";

const expected = (name: string): string => {
  if (name.startsWith("home-first-start")) return "first-start";
  if (/^keychain-(absent|passphrase|wrong-passphrase)$/.test(name)) return "keychain";
  if (name.startsWith("link-1")) return "link-address";
  if (name.startsWith("link-2-waiting") || name === "link-2-at-once") return "link-waiting";
  if (name.startsWith("link-2-code")) return "link-device";
  if (name.startsWith("link-2-is-this-you")) return "link-confirm";
  if (name.startsWith("link-2")) return "link-sign-in";
  if (name === "add-instance") return name;
  if (name.startsWith("done")) return "link-done";
  const first = name.split("-")[0] ?? "";
  return ["account", "instance", "instances", "profile", "settings", "trouble"].includes(first) ? first : "accounts";
};

describe.each(Object.entries(scenes))("%s", (name, scene) => {
  it("is the screen it says, with one heading of the first rank", async () => {
    await open(scene);
    expect(screenName()).toBe(expected(name));
    expect(document.querySelectorAll("main")).toHaveLength(1);
    expect(document.querySelectorAll("main h1")).toHaveLength(1);
    expect(document.querySelector("main h1")?.textContent.trim()).not.toBe("");
  });

  it("gives axe nothing to say", async () => {
    await open(scene);
    const { violations } = await axe.run(document.documentElement, {
      // Contrast needs layout; the mock-up's tool measured every pair. The page's title belongs to index.html.
      rules: { "color-contrast": { enabled: false }, "document-title": { enabled: false } },
    });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
  });

  it("has only buttons that do not submit by accident, and identifiers that are one of a kind", async () => {
    await open(scene);
    expect(Array.from(document.querySelectorAll("button:not([type])"))).toEqual([]);
    const ids = Array.from(document.querySelectorAll("[id]"), ({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });
});
