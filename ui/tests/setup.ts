// What happy-dom lacks of a browser, and a clean window before every test.

import { cleanup } from "@testing-library/svelte";
import { clearMocks } from "@tauri-apps/api/mocks";
import { afterEach } from "vitest";
import { seldom } from "../src/state/seldom.svelte";

// What the window fetches when it stands is there at once here; a test of its own looks at the fetching.
await seldom.fetch();

afterEach(() => {
  cleanup();
  clearMocks();
  document.body.replaceChildren();
});
