// What the page says, in its language. Pure but for the language, which is set once before the page is shown.

import { en } from "./en";
import { fr } from "./fr";

export type Key = keyof typeof en;
/** A text for each key of English; texts with parts take the same parts. */
export type Catalogue = { readonly [K in Key]: (typeof en)[K] extends string ? string : (typeof en)[K] };
type Parts<K extends Key> = (typeof en)[K] extends (...parts: infer P) => string ? P : [];

export const CATALOGUES = { en, fr } as const satisfies Record<string, Catalogue>;
export type Language = keyof typeof CATALOGUES;
export const LANGUAGES = Object.keys(CATALOGUES) as Language[];

let language: Language = "en";
let locale = "en";

/** Speak `to` from now on; numbers and dates follow `region`, a BCP 47 tag such as `fr-MA`. */
export function speak(to: Language, region: string = to): void {
  language = to;
  locale = region;
}

export function currentLanguage(): Language {
  return language;
}

/** The BCP 47 tag that numbers and dates follow. */
export function currentLocale(): string {
  return locale;
}

/** The text of `key` in the page's language. */
export function t<K extends Key>(key: K, ...parts: Parts<K>): string {
  const text = CATALOGUES[language][key] as string | ((...parts: Parts<K>) => string);
  return typeof text === "string" ? text : text(...parts);
}

/** Names of programs that the page translates; others are shown as they are. */
export type Named = "type" | "fault" | "rule" | "severity" | "status" | "health" | "analysis" | "result" | "dimension" | "state";

/** What a person calls `name`: a translation where there is one, otherwise `machine_temperature` as `Machine temperature`. */
export function nameOf(group: Named, name: string): string {
  const key = `${group}.${name}`;
  if (Object.hasOwn(en, key)) return t(key as never);
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * The language and region of a reader: what the address asks for, else what was chosen before, else the first of
 * `preferred` that the page speaks, else English.
 */
export function choose(asked: string | null, stored: string | null, preferred: readonly string[]): [Language, string] {
  const tags = preferred.map((tag) => ({ tag, language: LANGUAGES.find((one) => tag.toLowerCase().split("-")[0] === one) }));
  const wanted = LANGUAGES.find((one) => one === asked) ?? LANGUAGES.find((one) => one === stored);
  const found = tags.find((one) => one.language !== undefined && (wanted === undefined || one.language === wanted));
  return [wanted ?? found?.language ?? "en", found?.tag ?? wanted ?? "en"];
}
