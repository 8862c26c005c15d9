// Two minifiers together: terser folds the code further than Vite's own, which then names it shorter.

import { minify } from "terser";
import type { Plugin } from "vite";

export function small(): Plugin {
  return {
    name: "small",
    apply: "build",
    async renderChunk(code) {
      const compress = { passes: 3, ecma: 2020, keep_fargs: false } as const;
      const folded = await minify(code, { module: true, mangle: false, compress });
      return { code: folded.code ?? code, map: null };
    },
  };
}
