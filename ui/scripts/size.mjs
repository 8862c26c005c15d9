// What the window loads, gzipped, against its budget (design: 60 kB). Fails when over.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const BUDGET_BYTES = 60_000;
const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");

const files = (folder) =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });

let total = 0;
for (const path of files(dist)) {
  const bytes = gzipSync(readFileSync(path), { level: 9 }).length;
  total += bytes;
  console.log(`${String(bytes).padStart(7)}  ${relative(dist, path)}`);
}
console.log(`${String(total).padStart(7)}  gzipped in all, of ${BUDGET_BYTES}`);
if (total > BUDGET_BYTES) {
  console.error("The window's bundle is over its budget.");
  process.exit(1);
}
