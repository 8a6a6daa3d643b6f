// Builds the page into dist/: assets with a hash of their content in every name, index.html naming them.
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { build } from "esbuild";

const OUT = "dist";
await rm(OUT, { recursive: true, force: true });

const result = await build({
  entryPoints: ["src/main.ts", "src/styles.css"],
  outdir: `${OUT}/assets`,
  entryNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  metafile: true,
  legalComments: "linked",
});

const icon = await readFile("src/icon.svg");
const iconName = `icon-${createHash("sha256").update(icon).digest("hex").slice(0, 8)}.svg`;
await mkdir(`${OUT}/assets`, { recursive: true });
await writeFile(`${OUT}/assets/${iconName}`, icon);

const builtFrom = (entry) => {
  const [path] = Object.entries(result.metafile.outputs).find(([, output]) => output.entryPoint === entry);
  return `/assets/${basename(path)}`;
};
const names = {
  SCRIPT: builtFrom("src/main.ts"),
  STYLES: builtFrom("src/styles.css"),
  ICON: `/assets/${iconName}`,
};
const template = await readFile("src/index.html", "utf8");
await writeFile(`${OUT}/index.html`, template.replace(/%([A-Z]+)%/g, (_, name) => names[name]));

for (const [path, { bytes }] of Object.entries(result.metafile.outputs)) {
  console.log(`${path}  ${(bytes / 1024).toFixed(1)} KiB`);
}
