// Wires the page: socket and history into the store, the store into the panels.

import type { KeptAlerts } from "./alerts-history";
import { Drawing } from "./drawing";
import { translatePage } from "./i18n/page";
import { Poll, type Stats, type Summary } from "./history";
import { FLEET, type FleetStatus } from "./orders";
import { AlertsPanel } from "./panels/alerts";
import { AnalysesPanel } from "./panels/analyses";
import { ChartPanel } from "./panels/chart";
import { ConnectionPanel } from "./panels/connection";
import { DemoPanel } from "./panels/demo";
import { ExplorePanel } from "./panels/explore";
import { KeyFiguresPanel } from "./panels/key-figures";
import { followPages } from "./panels/pages";
import { PipelinePanel } from "./panels/pipeline";
import { OverviewPanel } from "./panels/overview";
import { KeptAlertsPanel } from "./panels/kept-alerts";
import { SensorPagePanel } from "./panels/sensor-page";
import { SensorsPanel } from "./panels/sensors";
import { SignInPanel } from "./panels/sign-in";
import { ThresholdsPanel } from "./panels/thresholds";
import { TotalsPanel } from "./panels/totals";
import { WindowsPanel } from "./panels/windows";
import type { DaySummary, Locations, Timeseries } from "./overview";
import { LiveSocket } from "./socket";
import { Store } from "./store";

const CHART_INTERVAL_MS = 100;
const TABLES_INTERVAL_MS = 250;
const TICK_MS = 1000;
const SUMMARY_INTERVAL_MS = 5000;
const STATS_INTERVAL_MS = 15_000;
const DAY_INTERVAL_MS = 15_000;
const FLEET_INTERVAL_MS = 2000;
const NOT_FOUND = 404;
/** A hidden page closes its connection after this long. */
const PAUSE_AFTER_MS = 60_000;

translatePage();
followPages();
new SignInPanel();
const store = new Store();
const connection = new ConnectionPanel();
const keyFigures = new KeyFiguresPanel();
const chart = new ChartPanel(() => chartDrawing.request());
const keptAlerts = new KeptAlertsPanel((listed) => {
  store.setAlertStatuses(listed);
  tablesDrawing.request();
});
const alerts = new AlertsPanel((sensorId) => {
  keptAlerts.showSensor(sensorId);
  keptAlerts.focus();
});
const sensors = new SensorsPanel(() => tablesDrawing.request());
const windows = new WindowsPanel();
const overview = new OverviewPanel();
new ExplorePanel();
const thresholds = new ThresholdsPanel();
const sensorPage = new SensorPagePanel((sensorId) => {
  keptAlerts.showSensor(sensorId);
  void thresholds.follow(sensorId);
});
const pipeline = new PipelinePanel();
const analyses = new AnalysesPanel();
const totals = new TotalsPanel();
const demo = new DemoPanel((status) => fleetPoll.update(status));

const chartDrawing = new Drawing((nowMs) => chart.render(store, nowMs), CHART_INTERVAL_MS);
const tablesDrawing = new Drawing((nowMs) => {
  connection.render(store, nowMs);
  keyFigures.render(store, nowMs);
  alerts.render(store, nowMs);
  sensors.render(store, nowMs);
  windows.render(store);
  sensorPage.render(store);
  demo.render(store, nowMs);
}, TABLES_INTERVAL_MS);

const summaryPoll = new Poll<Summary & DaySummary>("/api/summary", SUMMARY_INTERVAL_MS, (answered) => {
  keyFigures.setSummary(answered, store);
  overview.showSummary(answered);
  tablesDrawing.request();
});
const statsPoll = new Poll<Stats>("/api/stats?group_by=sensor_type", STATS_INTERVAL_MS, (answered) =>
  totals.render(answered),
);
const dayPoll = new Poll<Timeseries>(
  "/api/timeseries?from=now-24h&interval=1h&group_by=sensor_type",
  DAY_INTERVAL_MS,
  (answered) => overview.showDay(answered),
);
const locationsPoll = new Poll<Locations>("/api/locations?from=now-24h", DAY_INTERVAL_MS, (answered) =>
  overview.showLocations(answered),
);

const openAlertsPoll = new Poll<KeptAlerts>("/api/alerts?status=open&limit=200", DAY_INTERVAL_MS, ({ value, problem }) => {
  // What was answered before is older than what people did since.
  if (problem === null) store.addKeptAlerts(value?.alerts ?? []);
  tablesDrawing.request();
});

const fleetPoll = new Poll<FleetStatus>(FLEET, FLEET_INTERVAL_MS, (answered) => {
  // Without a simulator there is nothing to poll until the page is loaded again.
  if (answered.status === NOT_FOUND) fleetPoll.stop();
  else demo.setStatus(answered);
});

const socket = new LiveSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/live`, {
  onFrame: (frame) => {
    store.apply(frame, Date.now());
    // A snapshot has the anomalies that were found while the connection was lost.
    if (frame.type === "anomalies" || frame.type === "snapshot") {
      sensorPage.addAnomalies(frame.anomalies);
      demo.addAnomalies(frame.anomalies, store.serverTime(Date.now()));
    }
    tablesDrawing.request();
    if (frame.type !== "windows") chartDrawing.request();
  },
  onState: (state) => connection.setState(state),
});

let tick: ReturnType<typeof setInterval> | undefined;
let pauseTimer: ReturnType<typeof setTimeout> | undefined;

function resume(): void {
  clearTimeout(pauseTimer);
  clearInterval(tick);
  tick = setInterval(() => tablesDrawing.request(), TICK_MS);
  summaryPoll.start();
  statsPoll.start();
  dayPoll.start();
  locationsPoll.start();
  keptAlerts.start();
  openAlertsPoll.start();
  sensorPage.start();
  pipeline.start();
  analyses.start();
  fleetPoll.start();
  socket.start();
  chartDrawing.request();
}

/** The page is hidden: stop timers and polls, and after a while the connection too. */
function pause(): void {
  clearInterval(tick);
  summaryPoll.stop();
  statsPoll.stop();
  dayPoll.stop();
  locationsPoll.stop();
  keptAlerts.stop();
  openAlertsPoll.stop();
  sensorPage.stop();
  pipeline.stop();
  analyses.stop();
  fleetPoll.stop();
  pauseTimer = setTimeout(() => socket.pause(), PAUSE_AFTER_MS);
}

document.addEventListener("visibilitychange", () => (document.hidden ? pause() : resume()));
addEventListener("online", () => socket.retryNow());
addEventListener("offline", () => socket.abandon("offline"));
if (document.hidden) pause();
else resume();
