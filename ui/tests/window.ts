// Draws a scene as the window would, and finds things in it as a person would.

import { render } from "@testing-library/svelte";
import { tick } from "svelte";
import App from "../src/App.svelte";
import type { Snapshot } from "../src/border/types";
import { act, type Call, set } from "../src/fixtures/stage";
import type { Scene } from "../src/fixtures/scenes";
import { desk } from "../src/state/desk.svelte";

/** Opens the window on `scene` and does what the scene says was done. The answer are the calls made on the border. */
export async function open(scene: Scene, answer?: (call: Call) => unknown): Promise<Call[]> {
  const calls = set(scene, answer);
  render(App);
  await act(scene);
  await settle();
  return calls;
}

/** Lets everything that waits for a tick or an answered call happen. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    await tick();
    await new Promise((done) => {
      setTimeout(done, 0);
    });
  }
}

let revision = 1;

/** Rust sends another snapshot: the last one with `change`. */
export async function change(change: Partial<Snapshot>): Promise<void> {
  const last = desk.snapshot;
  if (last === null) throw new Error("no snapshot yet");
  revision += 1;
  desk.draw({ ...last, ...change, revision });
  await settle();
}

export function one<T extends HTMLElement = HTMLElement>(selector: string): T {
  const found = document.querySelectorAll<T>(selector);
  const first = found[0];
  if (first === undefined || found.length > 1) throw new Error(`${String(found.length)} elements fit ${selector}`);
  return first;
}

export const intent = (name: string): HTMLElement => one(`[data-intent="${name}"]`);

export const screenName = (): string | undefined => document.querySelector("main")?.dataset["screen"];

/** The words that describe an element, as assistive technology reads them. */
export const description = (element: Element): string =>
  (element.getAttribute("aria-describedby") ?? "")
    .split(" ")
    .map((id) => document.getElementById(id)?.textContent.trim() ?? "")
    .join(" ")
    .trim();

/** What was announced last. */
export const announced = (): string =>
  (document.querySelector("body > div > p.said[role=status], p.said[role=status]")?.textContent ?? "").trim();

/** Names of the commands called, without `snapshot`. */
export const commands = (calls: readonly Call[]): string[] =>
  calls.map((call) => call.command).filter((name) => name !== "snapshot");
