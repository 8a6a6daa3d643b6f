// The pipeline's page: every stage with its rate, lag and health, the table, and what was found.

import { byId, element, KeyedRows, type Row, setAttribute, setHidden, setText } from "../dom";
import { formatClock, formatCount } from "../format";
import { type Answered, Poll } from "../history";
import { nameOf, t } from "../i18n/catalogue";
import { pageOf } from "../pages";
import { aboutStage, canLag, figuresOf, lagText, nameOfStage, overallText, type Pipeline, rateText, type Stage } from "../pipeline";

const INTERVAL_MS = 2000;

interface StageCard extends Row {
  health: HTMLElement;
  about: HTMLElement;
  rate: HTMLElement;
  lag: HTMLElement;
  reason: HTMLElement;
}

export class PipelinePanel {
  private readonly poll = new Poll<Pipeline>("/v1/pipeline", INTERVAL_MS, (answered) => this.show(answered));
  private readonly cards = new KeyedRows(byId("pipeline-stages"), (name) => stageCard(name as Stage["name"]));
  private running = false;

  constructor() {
    addEventListener("hashchange", () => this.follow());
  }

  start(): void {
    this.running = true;
    this.follow();
  }

  stop(): void {
    this.running = false;
    this.poll.stop();
  }

  /** Nobody is asked while another page is shown. */
  private follow(): void {
    if (this.running && pageOf(location.hash) === "pipeline") this.poll.start();
    else this.poll.stop();
  }

  private show({ value, problem }: Answered<Pipeline>): void {
    setHidden(byId("pipeline-empty"), value !== null);
    setHidden(byId("pipeline-stale"), value === null || problem === null);
    if (problem !== null) setText(byId("pipeline-note"), t("pipeline.unavailable", problem));
    if (value === null) setText(byId("pipeline-empty"), problem === null ? t("pipeline.loading") : t("pipeline.unavailable", problem));
    else this.showPipeline(value, problem !== null);
  }

  private showPipeline(pipeline: Pipeline, isStale: boolean): void {
    const observedAt = Date.parse(pipeline.observed_at);
    setText(byId("pipeline-as-of"), t("totals.as-of", formatClock(observedAt)));
    if (!isStale) setText(byId("pipeline-note"), overallText(pipeline));
    const stages = new Map(pipeline.stages.map((stage) => [stage.name as string, stage]));
    this.cards.show([...stages.keys()], (card, name) => fill(card, stages.get(name)!, pipeline));
    for (const [name, text] of Object.entries(figuresOf(pipeline, observedAt))) setText(byId(`pipeline-${name}`), text);
    const { open_high, open_medium, open_low, reason } = pipeline.detection;
    const bySeverity = t("kept.open", formatCount(open_high), formatCount(open_medium), formatCount(open_low));
    setText(byId("pipeline-found-note"), reason ?? bySeverity);
    setText(byId("pipeline-table-note"), pipeline.stages.find(({ name }) => name === "tables")?.reason ?? "");
  }
}

function fill(card: StageCard, stage: Stage, pipeline: Pipeline): void {
  setAttribute(card.root, "data-health", stage.health);
  setText(card.health, nameOf("health", stage.health));
  setText(card.about, aboutStage(stage.name, pipeline));
  setText(card.rate, rateText(stage));
  setText(card.lag, lagText(stage));
  setHidden(card.reason, stage.reason === null);
  setText(card.reason, stage.reason ?? "");
}

function stageCard(name: Stage["name"]): StageCard {
  const root = element("li", "stage");
  root.dataset.stage = name;
  const [health, about, reason] = [element("span", "badge"), element("p", "note"), element("p", "reason")];
  const [rate, lag] = [element("dd"), element("dd")];
  const figures = element("dl");
  for (const [label, figure] of [[t("pipeline.rate"), rate], [t("pipeline.lag"), lag]] as const) {
    const pair = element("div");
    pair.append(element("dt", "", label), figure);
    pair.hidden = figure === lag && !canLag(name);
    figures.append(pair);
  }
  root.append(element("h3", "", nameOfStage(name)), health, about, figures, reason);
  return { root, health, about, rate, lag, reason };
}
