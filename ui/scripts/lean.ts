// Leaves out of Svelte and Tauri what this window does not use, in what ships and in the tests alike. The page is drawn
// by itself, never taken over from markup a server made: Svelte guards everything for that with one variable, which
// stays false here. State is whole values (`$state.raw`), so that nothing is watched from within. No markup awaits, and
// nothing catches what a screen throws but the window itself. The build fails where any of it is not so.

import type { Plugin } from "vite";

const inside = "/svelte/src/internal/client/";

function replaced(code: string, what: string, by: string): string {
  if (!code.includes(what)) throw new Error(`“${what}” is no more: look at scripts/lean.ts`);
  return code.replace(what, by);
}

export function lean(): Plugin {
  return {
    name: "lean",
    enforce: "post",
    transform(code, id) {
      if (id.endsWith(`${inside}dom/hydration.js`)) {
        const never = replaced(code, "export let hydrating = false;", "export const hydrating = false;");
        return { code: replaced(never, "hydrating = value;", ""), map: null };
      }
      if (id.endsWith(`${inside}reactivity/sources.js`)) {
        return { code: replaced(code, "should_proxy ? proxy(value) : value", "value"), map: null };
      }
      if (id.endsWith(`${inside}reactivity/async.js`)) {
        return { code: replaced(code, "if (async.length === 0 && pending.length === 0) {", "{"), map: null };
      }
      if (id.endsWith(`${inside}dom/blocks/boundary.js`)) {
        const boundary = "new Boundary(node, props, children, transform_error);";
        return { code: replaced(code, boundary, "branch(() => children(node));"), map: null };
      }
      if (id.endsWith("/@tauri-apps/api/event.js")) {
        return { code: replaced(code, "(function (TauriEvent)", "/* @__PURE__ */ (function (TauriEvent)"), map: null };
      }
      if (!/\.svelte(\.ts)?$/.test(id)) return null;
      if (/\$\.proxy\(|\$\.set\(\w+, .+, true\);/.test(code)) throw new Error(`${id}: use $state.raw`);
      if (/\$\.(?:async|save|boundary)\(/.test(code)) throw new Error(`${id}: no await in markup, no boundary`);
      return { code: code.replaceAll(/^\s*\$\.(?:reset\(\w+\)|next\(\d*\));$/gm, ""), map: null };
    },
  };
}
