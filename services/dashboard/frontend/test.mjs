// Bundles the tests (node 20 runs no TypeScript) and hands them to node's own test runner.
import { spawnSync } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { build } from "esbuild";

const OUT = "node_modules/.tests";
await rm(OUT, { recursive: true, force: true });
const tests = (await readdir("tests")).filter((name) => name.endsWith(".test.ts"));
await build({
  entryPoints: tests.map((name) => `tests/${name}`),
  outdir: OUT,
  bundle: true,
  format: "esm",
  outExtension: { ".js": ".mjs" },
  platform: "node",
  sourcemap: "inline",
});
const files = tests.map((name) => `${OUT}/${name.replace(/\.ts$/, ".mjs")}`);
process.exit(spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], { stdio: "inherit" }).status ?? 1);
