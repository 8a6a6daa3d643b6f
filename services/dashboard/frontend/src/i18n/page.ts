// The page's own texts and its language switch. Attributes data-t… of the document name their key in the catalogue.

import { choose, currentLanguage, currentLocale, LANGUAGES, speak, t } from "./catalogue";

const STORED = "language";
const NAMES = { en: "English", fr: "Français" } as const;
/** Attributes that people see or hear, by the attribute that names their key. */
const ATTRIBUTES = { "data-t-title": "title", "data-t-label": "aria-label", "data-t-placeholder": "placeholder" } as const;

/** Choose the language of the reader and write every text of the document in it; before the panels are made. */
export function translatePage(): void {
  const asked = new URLSearchParams(location.search).get("lang");
  speak(...choose(asked, read(), navigator.languages));
  document.documentElement.lang = currentLanguage();
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.getAttribute("data-t") as never);
  for (const [keyed, attribute] of Object.entries(ATTRIBUTES)) {
    for (const node of document.querySelectorAll(`[${keyed}]`)) node.setAttribute(attribute, t(node.getAttribute(keyed) as never));
  }
  showZone();
  offerLanguages();
}

/** Where the page's times are, said once for all of them. */
function showZone(): void {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const parts = new Intl.DateTimeFormat(currentLocale(), { timeZoneName: "shortOffset" }).formatToParts(new Date());
  const offset = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  document.getElementById("zone")!.textContent = t("zone", zone, offset);
}

function offerLanguages(): void {
  const select = document.getElementById("language") as HTMLSelectElement;
  select.replaceChildren(...LANGUAGES.map((language) => new Option(NAMES[language], language)));
  select.value = currentLanguage();
  select.addEventListener("change", () => {
    const address = new URL(location.href);
    if (!store(select.value) || address.searchParams.has("lang")) address.searchParams.set("lang", select.value);
    history.replaceState(null, "", address);
    // Starting anew forgets no text of any panel.
    location.reload();
  });
}

function read(): string | null {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

/** False where the browser forbids a page to keep anything: then the address holds the choice. */
function store(language: string): boolean {
  try {
    localStorage.setItem(STORED, language);
    return true;
  } catch {
    return false;
  }
}
