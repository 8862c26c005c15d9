// Every screen in every state, without Rust: `npm run dev`, then /gallery.html. Not part of what ships.
// `?scene=NAME` shows one alone; `&theme=dark`, `&contrast=more` and `&text=200` change how.

import { mount } from "svelte";
import App from "./App.svelte";
import { NOW } from "./fixtures/pieces";
import { heavy, scenes } from "./fixtures/scenes";
import { act, set } from "./fixtures/stage";
import { seldom } from "./state/seldom.svelte";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/components.css";
import "./styles/window.css";

// The pictures are taken at the moment the scenes are told from.
Date.now = () => NOW;
const query = new URLSearchParams(location.search);
const all = { ...scenes, ...heavy };
const scene = all[query.get("scene") ?? ""];
const root = document.documentElement;
// What the system would wish for: its rules count, whatever this system wishes.
const wished = [
  ...(query.get("theme") === "dark" ? ["(prefers-color-scheme: dark)"] : []),
  ...(query.get("contrast") === "more" ? ["(prefers-contrast: more)"] : []),
];
function wish(rules: CSSRuleList): void {
  for (const rule of rules) {
    if (rule instanceof CSSMediaRule && rule.media.mediaText.split(" and ").every((one) => wished.includes(one)))
      rule.media.mediaText = "all";
    if (rule instanceof CSSGroupingRule) wish(rule.cssRules);
  }
}
for (const sheet of document.styleSheets) wish(sheet.cssRules);
if (query.get("theme") === "dark") root.style.colorScheme = "dark";
if (query.has("text")) root.style.fontSize = `${query.get("text") ?? "100"}%`;

if (scene === undefined) {
  root.style.overflow = "auto";
  document.body.style.overflow = "auto";
  const list = document.body.appendChild(document.createElement("ul"));
  for (const name of Object.keys(all)) {
    const link = list.appendChild(document.createElement("li")).appendChild(document.createElement("a"));
    link.href = `?scene=${name}`;
    link.textContent = name;
  }
} else {
  await seldom.fetch();
  set(scene);
  mount(App, { target: document.body });
  await act(scene);
}
