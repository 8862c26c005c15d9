// What the window loads, gzipped. What its first screen waits for has a budget (design: 60 kB); the screens it fetches
// once that stands (src/state/seldom) are counted beside it. `--json` prints the two sums in bytes and nothing else.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { execFileSync } from "node:child_process";

const BUDGET_BYTES = 60_000;
const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const page = join(dist, "index.html");

/** The files a page or a script names that come with it at once; `import("…")` fetches later. */
const named = (path) => {
  const text = readFileSync(path, "utf8");
  const links = path.endsWith(".html") ? /(?:src|href)="\/?([^"]+)"/g : /(?:\bfrom|\bimport)\s*["'`](\.[^"'`]+)["'`]/g;
  const from = path.endsWith(".html") ? dist : dirname(path);
  return [...text.matchAll(links)].map(([, name]) => join(from, name));
};

const start = new Set();
const add = (path) => {
  if (start.has(path)) return;
  start.add(path);
  if (/\.(html|js)$/.test(path)) named(path).forEach(add);
};
add(page);

const sums = { start: 0, all: 0 };
const lines = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => {
    const path = join(entry.parentPath, entry.name);
    // By the program itself: what Node carries packs a little less tightly.
    const bytes = execFileSync("gzip", ["-9", "-c", path], { maxBuffer: 64 << 20 }).length;
    sums.all += bytes;
    if (start.has(path)) sums.start += bytes;
    return `${String(bytes).padStart(7)}  ${relative(dist, path)}${start.has(path) ? "" : ", fetched later"}`;
  });

if (process.argv.includes("--json")) {
  console.log(JSON.stringify(sums));
} else {
  lines.forEach((line) => console.log(line));
  console.log(`${String(sums.start).padStart(7)}  gzipped for the first screen, of ${BUDGET_BYTES}`);
  console.log(`${String(sums.all).padStart(7)}  gzipped in all`);
}
if (sums.start > BUDGET_BYTES) {
  console.error("What the window's first screen waits for is over its budget.");
  process.exit(1);
}
