// Alerts that query-api keeps: filter, acknowledge, resolve, snooze.

import { type Action, actionsFor, actorOf, alertsPath, changeOf, type KeptAlert, type KeptAlerts } from "../alerts-history";
import { clearedSentenceOf, sentenceOf } from "../alert-sentence";
import { ask } from "../ask";
import { byId, element, setHidden, setText } from "../dom";
import { formatCount, formatDateTime } from "../format";
import { nameOf, t } from "../i18n/catalogue";
import { sensorLink } from "./sensor-link";

const INTERVAL_MS = 15_000;

export class KeptAlertsPanel {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;
  private asked = 0;
  private nextPage: string | null = null;

  /** `onStatuses` is told what people did about alerts, as soon as query-api says so. */
  constructor(private readonly onStatuses: (alerts: KeptAlert[]) => void) {
    byId("kept-form").addEventListener("change", () => void this.load(null));
    byId("kept-form").addEventListener("submit", (event) => event.preventDefault());
    byId("kept-more").addEventListener("click", () => void this.load(this.nextPage));
  }

  start(): void {
    this.running = true;
    void this.load(null);
  }

  /** Show all alerts of one sensor, null: of all sensors. */
  showSensor(sensorId: string | null): void {
    byId<HTMLFormElement>("kept-form").reset();
    byId<HTMLInputElement>("kept-sensor").value = sensorId ?? "";
    void this.load(null);
  }

  /** Bring the panel into view. */
  focus(): void {
    byId("kept-title").scrollIntoView({ block: "start" });
    byId("kept-sensor").focus({ preventScroll: true });
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
  }

  /** Show the first page of the filter, or add the page of `pageToken`; a page that was added ends the refreshing. */
  private async load(pageToken: string | null): Promise<void> {
    const number = ++this.asked;
    clearTimeout(this.timer);
    const answer = await ask<KeptAlerts>(alertsPath(this.filter(), pageToken));
    if (number !== this.asked) return;
    if (typeof answer === "string") this.showProblem(answer);
    else this.show(answer, pageToken !== null);
    if (this.running && pageToken === null) this.timer = setTimeout(() => void this.load(null), INTERVAL_MS);
  }

  private filter() {
    const value = (id: string) => byId<HTMLInputElement | HTMLSelectElement>(id).value.trim();
    return { status: value("kept-status"), severity: value("kept-severity"), sensor_id: value("kept-sensor") };
  }

  private show({ alerts, open, next_page_token }: KeptAlerts, added: boolean): void {
    this.onStatuses(alerts);
    const rows = byId("kept-rows");
    const lines = alerts.map((alert) => this.line(alert));
    // Whoever is on a button with the keyboard stays there.
    const focused = document.activeElement?.getAttribute("data-action-id");
    if (added) rows.append(...lines);
    else rows.replaceChildren(...lines);
    if (focused) rows.querySelector<HTMLElement>(`[data-action-id="${CSS.escape(focused)}"]`)?.focus();
    setText(byId("kept-note"), t("kept.open", formatCount(open.high), formatCount(open.medium), formatCount(open.low)));
    setHidden(byId("kept-empty"), rows.childElementCount > 0);
    setText(byId("kept-empty"), t("kept.none"));
    this.nextPage = next_page_token;
    setHidden(byId("kept-more"), next_page_token === null);
  }

  /** What was shown stays, and is told to be old. */
  private showProblem(problem: string): void {
    setText(byId("kept-note"), problem);
    setText(byId("kept-empty"), problem);
  }

  private line(alert: KeptAlert): HTMLElement {
    const root = element("tr");
    const [status, who] = [nameOf("status", alert.status), actorOf(alert)];
    const sentence = alert.cleared_at === null ? sentenceOf(alert) : clearedSentenceOf(alert, alert.clear_reason);
    const severity = element("td");
    severity.append(element("span", "badge", nameOf("severity", alert.severity)));
    root.dataset.severity = alert.severity;
    root.append(element("td", "", formatDateTime(Date.parse(alert.opened_at))), severity);
    const sensor = element("td");
    sensor.append(sensorLink(alert.sensor_id));
    const standing = element("td", "", who === null ? status : t("kept.by", status, who));
    if (alert.inhibited_by !== null) {
      standing.append(`, ${t("alert.inhibited")}`);
      standing.title = t("alert.inhibited.by", alert.inhibited_by);
    }
    root.append(standing, sensor, element("td", "", sentence));
    root.append(element("td", "number", formatCount(alert.count)));
    const actions = element("td", "actions");
    for (const action of actionsFor(alert.status)) {
      const button = element("button", "", t(`action.${action}`));
      button.type = "button";
      button.dataset.actionId = `${alert.alert_id}/${action}`;
      button.setAttribute("aria-label", t("kept.change", t(`action.${action}`), alert.sensor_id, sentence));
      button.addEventListener("click", () => void this.change(alert, action));
      actions.append(button);
    }
    root.append(actions);
    return root;
  }

  private async change(alert: KeptAlert, action: Action): Promise<void> {
    const who = byId<HTMLInputElement>("kept-who");
    if (!who.reportValidity()) return;
    const note = byId<HTMLInputElement>("kept-comment").value.trim();
    const { path, body } = changeOf(alert.alert_id, action, who.value.trim(), note);
    const answer = await ask<KeptAlert>(path, body);
    setText(byId("kept-result"), typeof answer === "string" ? `${alert.sensor_id}: ${answer}` : "");
    if (typeof answer !== "string") this.onStatuses([answer]);
    await this.load(null);
  }
}
