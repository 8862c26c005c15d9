// What happy-dom lacks of a browser, and a clean window before every test.

import { cleanup } from "@testing-library/svelte";
import { clearMocks } from "@tauri-apps/api/mocks";
import { afterEach } from "vitest";

afterEach(() => {
  cleanup();
  clearMocks();
  document.body.replaceChildren();
});
