// The screens that are fetched once the first one stands: what a person sees who comes sooner.

import { tick } from "svelte";
import { afterEach, expect, it } from "vitest";
import { scenes } from "../src/fixtures/scenes";
import { snapshot } from "../src/fixtures/pieces";
import { seldom } from "../src/state/seldom.svelte";
import { intent, one, open, screenName, settle } from "./window";

afterEach(async () => {
  await seldom.fetch();
});

it("are fetched when the first screen stands, before anybody asks", async () => {
  seldom.drawn = null;
  await open({ snapshot: snapshot() });
  await settle();
  expect(screenName()).toBe("accounts");
  expect(seldom.drawn).not.toBeNull();
});

it("nothing is fetched before there is anything to draw", async () => {
  seldom.drawn = null;
  await open({ snapshot: null });
  await settle();
  expect(screenName()).toBe("starting");
  expect(seldom.drawn).toBeNull();
});

it("who comes sooner waits, and has focus in the heading as always", async () => {
  await open({ snapshot: snapshot() });
  seldom.drawn = null;
  intent("go-settings").click();
  await tick();
  expect(screenName()).toBe("starting");
  await settle();
  expect(screenName()).toBe("settings");
  expect(document.activeElement).toBe(one("main h1"));
});

it("a link profile opened at the start is drawn by itself", async () => {
  seldom.drawn = null;
  const scene = scenes["profile-new"];
  if (scene === undefined) throw new Error("no such scene");
  await open(scene);
  await settle();
  expect(screenName()).toBe("profile");
});
