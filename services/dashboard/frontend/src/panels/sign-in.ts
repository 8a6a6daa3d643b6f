// Exchanges an API key for a session, whose cookie no script can read; shown where the service asks for keys.

import { request } from "../ask";
import { byId, setHidden, setText } from "../dom";
import { t } from "../i18n/catalogue";
import { send, SESSION, whenSignedOut } from "../session";

/** Whether this browser has signed in; the cookie itself cannot be seen. */
const STORED = "iot.signed-in";
const KEYS_OFF = 404;

export class SignInPanel {
  private readonly dialog = byId<HTMLDialogElement>("sign-in");
  private readonly key = byId<HTMLInputElement>("sign-in-key");
  private readonly button = byId<HTMLButtonElement>("sign-in-button");
  private readonly result = byId("sign-in-result");
  private readonly out = byId<HTMLButtonElement>("sign-out");

  constructor() {
    byId("sign-in-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.signIn();
    });
    this.out.addEventListener("click", () => void this.signOut());
    setHidden(this.out, !hasSignedIn());
    whenSignedOut(() => this.show());
  }

  private show(): void {
    remember(false);
    setHidden(this.out, true);
    if (!this.dialog.open) this.dialog.showModal();
  }

  private async signIn(): Promise<void> {
    this.button.disabled = true;
    setText(this.result, t("sign-in.trying"));
    const reply = await request("POST", SESSION, { key: this.key.value.trim() });
    this.button.disabled = false;
    if ("problem" in reply && reply.status !== KEYS_OFF) {
      setText(this.result, reply.problem);
      this.key.select();
      return;
    }
    this.key.value = "";
    remember("value" in reply);
    // Starting anew asks every question again.
    location.reload();
  }

  private async signOut(): Promise<void> {
    await send(SESSION, { method: "DELETE" });
    remember(false);
    location.reload();
  }
}

function hasSignedIn(): boolean {
  try {
    return localStorage.getItem(STORED) !== null;
  } catch {
    return false;
  }
}

/** A browser that forbids a page to keep anything offers no button to sign out; its session ends by itself. */
function remember(signedIn: boolean): void {
  try {
    if (signedIn) localStorage.setItem(STORED, "yes");
    else localStorage.removeItem(STORED);
  } catch {
    return;
  }
}
