// Shows the page that the address names, and tells the navigation which one it is.

import { pageOf } from "../pages";

/** Show the page of the address, now and whenever it changes. */
export function followPages(): void {
  addEventListener("hashchange", show);
  show();
}

function show(): void {
  const page = pageOf(location.hash);
  document.querySelector("main")!.dataset.page = page;
  for (const link of document.querySelectorAll<HTMLElement>("[data-page-link]")) {
    if (link.dataset.pageLink === page) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}
