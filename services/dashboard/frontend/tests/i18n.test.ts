import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { CATALOGUES, choose, type Key, nameOf, speak, t } from "../src/i18n/catalogue";

const { en, fr } = CATALOGUES;
const html = await readFile("src/index.html", "utf8");
const names = await readdir("src", { recursive: true });
const sources = await Promise.all(
  names.filter((name) => name.endsWith(".ts") && !name.startsWith("i18n")).map(async (name) => [name, await readFile(`src/${name}`, "utf8")] as const),
);
const styles = await readFile("src/styles.css", "utf8");

test("every text is there in both languages, with the same parts", () => {
  assert.deepEqual(Object.keys(fr).sort(), Object.keys(en).sort());
  for (const key of Object.keys(en) as Key[]) {
    const [english, french] = [en[key], fr[key]];
    assert.equal(typeof french, typeof english, key);
    const said = (text: unknown) => (typeof text === "function" ? text(..."abc") : text) as string;
    assert.ok(said(english).trim() !== "" && said(french).trim() !== "", key);
    if (typeof english !== "function") continue;
    const parts = [..."abc"].slice(0, english.length);
    for (const part of parts) assert.ok(said(french).includes(part), `${key}: ${part} is lost in French`);
  }
});

test("the document has no text of its own", () => {
  const visible = html.replace(/<noscript>.*?<\/noscript>/s, "").replace(/<!--.*?-->/gs, "");
  const texts = [...visible.matchAll(/>([^<]+)</g)].map(([, text]) => text!.trim()).filter((text) => text !== "");
  // The same in both languages.
  assert.deepEqual(texts.filter((text) => text !== "CSV" && !/^\d+ (s|min)$/.test(text)), []);
  const attributes = [...visible.matchAll(/ (?:aria-label|title|placeholder|alt)="([^"]*)"/g)].map(([, text]) => text!);
  assert.deepEqual(attributes.filter((text) => text !== "" && text !== "SENSOR_001"), []);
  for (const [, key] of html.matchAll(/data-t(?:-\w+)?="([^"]*)"/g)) assert.ok(key! in en, `${key} is not in the catalogue`);
});

test("no source has a text that is not in the catalogue", () => {
  const classes = new Set([...styles.matchAll(/\.([a-z][\w-]*)/g)].map(([, name]) => name!));
  const words = (text: string) => text.split(/[^\p{L}'’-]+/u).filter((word) => word !== "");
  const isClass = (text: string) => words(text).every((word) => classes.has(word));
  const isProse = (text: string) => !isClass(text) && (/^\p{Lu}\p{Ll}+$/u.test(text) || (text.includes(" ") && words(text).filter((word) => /^\p{L}{2,}$/u.test(word)).length > 1));
  const isProseWithParts = (text: string) => {
    const rest = text.replace(/\$\{[^}]*\}/g, "");
    return !isClass(rest.replace(/\bseries-/, "")) && /\s/.test(rest) && /\p{L}{3,}/u.test(rest);
  };
  const found = sources.flatMap(([name, source]) =>
    source
      .replace(/\/\*.*?\*\//gs, "")
      .split("\n")
      // Fonts, and errors that tell of a bug in the page, are for nobody's eyes; units have their own table.
      .filter((line) => !/^\s*\/\/|^import |new Error\(|^const FONT = |^const UNIT_SYMBOLS/.test(line))
      .flatMap((line) => {
        const code = line.replace(/\/\[[^\]]*\][^/]*\//g, "");
        const quoted = /"((?:[^"\\]|\\.)*)"/g;
        const plain = [...code.matchAll(quoted)].map(([, text]) => text!).filter(isProse);
        const parts = [...code.replace(quoted, "").matchAll(/`((?:[^`\\]|\\.)*)`/g)].map(([, text]) => text!).filter(isProseWithParts);
        return [...plain, ...parts];
      })
      .map((text) => `${name}: ${text}`),
  );
  assert.deepEqual(found, []);
});

test("no text of the catalogue is left over", () => {
  const used = html + sources.map(([, source]) => source).join("\n");
  // These are named by what services call things.
  const named = /^(type|fault|rule|severity|status|action|connection|about|health|stage|analysis|result|dimension|state)\./;
  const interpreter = ["language", "zone"];
  const left = Object.keys(en).filter((key) => !named.test(key) && !interpreter.includes(key) && !used.includes(`"${key}"`));
  assert.deepEqual(left, []);
});

test("the address, then the choice of before, then the browser decide the language", () => {
  assert.deepEqual(choose("fr", "en", ["en-GB", "fr-CA"]), ["fr", "fr-CA"]);
  assert.deepEqual(choose(null, "fr", ["en-GB"]), ["fr", "fr"]);
  assert.deepEqual(choose("tlh", null, ["de-DE", "fr-MA", "en"]), ["fr", "fr-MA"]);
  assert.deepEqual(choose(null, null, ["de-DE"]), ["en", "en"]);
});

test("a name that nobody translated is made readable", () => {
  speak("fr");
  try {
    assert.equal(nameOf("type", "temperature"), "Température");
    assert.equal(nameOf("type", "machine_temperature"), "Machine temperature");
    assert.equal(nameOf("type", "__proto__"), "  proto  ");
    assert.equal(t("open.readings", 1, "x", "y"), "1 mesure depuis x ; règle y");
  } finally {
    speak("en");
  }
});
