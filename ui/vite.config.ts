import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { lean } from "./scripts/lean";
import { small } from "./scripts/small";

// The page is served from inside the program under a strict content security policy: everything is a file of its
// own, nothing is inlined, and nothing is fetched from elsewhere.
export default defineConfig(({ mode }) => ({
  plugins: [svelte(), lean(), small()],
  // Tests mount components, so they need Svelte's browser build.
  resolve: mode === "test" ? { conditions: ["browser"] } : {},
  build: {
    target: "safari16",
    modulePreload: false,
    assetsInlineLimit: 0,
    sourcemap: false,
    reportCompressedSize: false,
  },
  server: { port: 5173, strictPort: true, host: "localhost" },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.ts"],
    setupFiles: ["tests/setup.ts"],
    restoreMocks: true,
    // Generous: a busy machine is slow, not wrong.
    testTimeout: 60_000,
  },
}));
