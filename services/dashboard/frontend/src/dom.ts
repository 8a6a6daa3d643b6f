// The few things the panels do with the document. Nothing is written that has not changed.

/** The element of the page with this id; the page is ours, so a missing one is a bug. */
export function byId<E extends Element = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element #${id}`);
  return found as unknown as E;
}

/** A new element with its class and text. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  text = "",
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className !== "") made.className = className;
  if (text !== "") made.textContent = text;
  return made;
}

export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node: Element, name: string, value: string): void {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

export function setHidden(node: HTMLElement, hidden: boolean): void {
  if (node.hidden !== hidden) node.hidden = hidden;
}

/** What a keyed list shows: anything with a root element. */
export interface Row {
  root: HTMLElement;
}

/** Rows by key under one parent: made once, moved when the order changes, removed when their key is gone. */
export class KeyedRows<R extends Row> {
  private readonly rows = new Map<string, R>();

  constructor(
    private readonly parent: HTMLElement,
    private readonly make: (key: string) => R,
  ) {}

  /** Show exactly these keys, in this order; `fill` brings each row up to date. */
  show(keys: readonly string[], fill: (row: R, key: string) => void): void {
    const wanted = new Set(keys);
    for (const [key, row] of this.rows) {
      if (wanted.has(key)) continue;
      row.root.remove();
      this.rows.delete(key);
    }
    let place: Element | null = this.parent.firstElementChild;
    for (const key of keys) {
      const row = this.rows.get(key) ?? this.create(key);
      fill(row, key);
      if (row.root === place) place = place.nextElementSibling;
      else this.parent.insertBefore(row.root, place);
    }
  }

  private create(key: string): R {
    const row = this.make(key);
    this.rows.set(key, row);
    return row;
  }
}
