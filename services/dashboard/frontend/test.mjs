// Bundles the tests (node 20 runs no TypeScript) and hands them to node's own test runner.
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

// Not inside node_modules, where node's test runner finds nothing.
const folder = await mkdtemp(join(tmpdir(), "dashboard-tests-"));
const tests = (await readdir("tests")).filter((name) => name.endsWith(".test.ts"));
await build({
  entryPoints: tests.map((name) => `tests/${name}`),
  outdir: folder,
  bundle: true,
  format: "esm",
  outExtension: { ".js": ".mjs" },
  platform: "node",
  sourcemap: "inline",
});
const files = tests.map((name) => join(folder, name.replace(/\.ts$/, ".mjs")));
const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], { stdio: "inherit" });
await rm(folder, { recursive: true });
process.exit(run.status ?? 1);
