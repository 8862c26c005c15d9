// Makes every icon of LabLink from its drawings: the mark in all sizes the systems ask for, the tray's four states
// in one colour. Run by `npm run icons` after icons/mark.svg or icons/tray-*.svg changed; the results are committed.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Resvg } from "@resvg/resvg-js";

const ui = join(dirname(fileURLToPath(import.meta.url)), "..");
const icons = join(ui, "..", "icons");

const png = (svg, width) => new Resvg(svg, { fitTo: { mode: "width", value: width } }).render().asPng();

// The mark: the bundler's own tool knows which sizes .ico and .icns must hold.
const tauri = join(ui, "node_modules", ".bin", process.platform === "win32" ? "tauri.cmd" : "tauri");
execFileSync(tauri, ["icon", join(icons, "mark.svg"), "-o", icons], { stdio: "inherit", cwd: ui });
for (const entry of readdirSync(icons)) {
  // Phones and the Windows store are not among our targets.
  if (entry === "android" || entry === "ios" || /^(Square|StoreLogo)/.test(entry)) {
    rmSync(join(icons, entry), { recursive: true });
  }
}

// The tray: black drawings for systems that tint them, and a light twin for dark panels that do not.
for (const state of ["ok", "soon", "bad", "off"]) {
  const svg = readFileSync(join(icons, `tray-${state}.svg`), "utf8");
  const light = svg.replace('color="#000"', 'color="#fff"');
  for (const size of [22, 44]) {
    writeFileSync(join(icons, `tray-${state}-${size}.png`), png(svg, size));
    writeFileSync(join(icons, `tray-${state}-light-${size}.png`), png(light, size));
  }
  // What the app shows. Panels on Linux are light or dark and tell nobody which: this grey stands out at 3 to 1 or
  // more on both (3.6 on #eff0f1, 5.1 on #000). Where the system tints, only the shape counts.
  writeFileSync(join(icons, "tray", `${state}.png`), png(svg.replace('color="#000"', 'color="#6f8080"'), 44));
}
