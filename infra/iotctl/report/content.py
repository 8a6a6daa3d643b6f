"""What a report says, from the results of the analyses. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from iotctl.report.model import Block, Chart, Paragraph, Report, Section, Table
from iotctl.report.words import Words

Row = Mapping[str, Any]
SOON = timedelta(days=30)
MAX_ROWS = 15
PARTS = ("anomaly_part", "silence_part", "stuck_part")


def content(document: Mapping[str, Any], language: str) -> Report:
    """The report of a run's results (`--results` of the analyses) in a language."""
    words, results = Words(language), document["results"]
    end = datetime.fromisoformat(document["to"])
    subtitle = words("period", start=words.minute(document["from"]), end=words.minute(document["to"]))
    footer = words("footer", snapshot=document["snapshot_id"])
    if not document["readings"]:
        sections: tuple[Section, ...] = (Section(words("summary"), (Paragraph(words("empty"), "lead"),)),)
    else:
        sections = (
            _summary(words, results, end),
            _problems(words, results),
            _batteries(words, results),
            _happened(words, results),
            _values(words, results),
            _related(words, results),
            _storage(words, results),
        )
    return Report(language, words("title"), subtitle, tuple(section for section in sections if section.blocks), footer)


def problem_sensors(results: Mapping[str, list[Row]]) -> list[Row]:
    """Sensors that need attention, worst first."""
    return sorted((row for row in results["sensors"] if row["is_problem"]), key=lambda row: -row["score"])


def batteries_to_replace(results: Mapping[str, list[Row]], end: datetime) -> list[Row]:
    """Batteries that are critical or will be empty within 30 days of the period's end, critical ones first."""

    def is_due(row: Row) -> bool:
        return row["state"] == "critical" or (row["empty_at"] and _time(row["empty_at"]) < end + SOON)

    far = datetime.max.replace(tzinfo=UTC)
    due = [row for row in results["battery"] if is_due(row)]

    def urgency(row: Row) -> tuple[bool, datetime, float]:
        return row["state"] != "critical", _time(row["empty_at"]) if row["empty_at"] else far, row["level"]

    return sorted(due, key=urgency)


def _summary(words: Words, results: Mapping[str, list[Row]], end: datetime) -> Section:
    everything = next(row for row in results["anomalies"] if row["dimension"] == "all")
    problems, batteries = problem_sensors(results), batteries_to_replace(results, end)
    lead = words(
        "lead",
        sensors=words.number(len({row["sensor_id"] for row in results["sensors"]})),
        readings=words.number(everything["readings"]),
        anomalies=words.number(everything["anomalies"]),
        rate=words.percent(everything["rate"], 2),
    )
    verdict = words("verdict", problems=len({row["sensor_id"] for row in problems}), batteries=len(batteries))
    actions = [_battery_action(words, row, end) for row in batteries] + [_sensor_action(words, row) for row in problems]
    blocks: list[Block] = [Paragraph(lead, "lead"), Paragraph(verdict, "lead"), Paragraph(words("actions"), "heading")]
    blocks += [Paragraph(f"{number}. {text}", "action") for number, text in enumerate(actions[:MAX_ROWS], start=1)]
    return Section(words("summary"), tuple(blocks if actions else [*blocks, Paragraph(words("nothing"))]))


def _battery_action(words: Words, row: Row, end: datetime) -> str:
    level = words.percent(row["level"] / 100, 0)
    is_now = row["state"] == "critical" or _time(row["empty_at"]) <= end
    values = {"sensor": row["sensor_id"], "location": row["location"], "level": level}
    return (
        words("do_battery_now", **values) if is_now else words("do_battery", date=words.date(row["empty_at"]), **values)
    )


def _sensor_action(words: Words, row: Row) -> str:
    worst = max(PARTS, key=lambda part: row[part])
    return words(
        f"do_{worst}",
        sensor=row["sensor_id"],
        location=row["location"],
        rate=words.percent(row["anomaly_rate"]),
        silent=words.percent(row["silent_share"]),
        stuck=words.percent(row["stuck_share"]),
    )


def _problems(words: Words, results: Mapping[str, list[Row]]) -> Section:
    rows = tuple(
        (
            *(row["sensor_id"], row["location"], words.number(row["score"])),
            *(words.percent(row[share]) for share in ("anomaly_rate", "silent_share", "stuck_share")),
        )
        for row in problem_sensors(results)[:MAX_ROWS]
    )
    head = tuple(words(key) for key in ("sensor", "location", "score", "anomalous", "silent", "stuck"))
    blocks = (Table(head, rows, (2, 3, 4, 5)), Paragraph(words("problems_note"), "note"))
    return Section(words("problems"), blocks if rows else ())


def _batteries(words: Words, results: Mapping[str, list[Row]]) -> Section:
    chosen = [row for row in results["battery"] if row["state"] != "ok" or row["empty_at"]]
    chosen.sort(key=lambda row: (row["empty_at"] or "9", row["level"]))
    rows = tuple(
        (
            *(row["sensor_id"], row["location"], words.percent(row["level"] / 100, 0), words(row["state"])),
            words.percent(None if row["percent_per_day"] is None else row["percent_per_day"] / 100, 2),
            words.date(row["empty_at"]),
            _interval(words, row),
        )
        for row in chosen[:MAX_ROWS]
    )
    if not rows:
        return Section(words("batteries"), (Paragraph(words("no_battery")),))
    head = tuple(words(key) for key in ("sensor", "location", "level", "state", "per_day", "empty_at", "between"))
    return Section(words("batteries"), (Table(head, rows, (2, 4)), Paragraph(words("batteries_note"), "note")))


def _interval(words: Words, row: Row) -> str:
    bounds = (row["empty_earliest"], row["empty_latest"])
    return " – ".join(map(words.date, bounds)) if any(bounds) else "–"


def _happened(words: Words, results: Mapping[str, list[Row]]) -> Section:
    days, hours = results["capacity"], [row for row in results["anomalies"] if row["dimension"] == "hour"]
    every = max(1, len(days) // 8)
    labels = tuple(words.short_date(row["day"]) if index % every == 0 else "" for index, row in enumerate(days))
    charts = (
        Chart(words("by_day"), labels, tuple(float(row["readings"]) for row in days), "", words.decimal_mark),
        Chart(
            words("by_hour"),
            tuple(row["key"] for row in hours),
            tuple(100 * row["rate"] for row in hours),
            "%",
            words.decimal_mark,
        ),
    )
    longest = sorted(results["episodes"], key=lambda row: (-row["duration_s"], -row["readings"]))[:5]
    rows = tuple(
        (
            *(row["sensor_id"], row["location"], words.minute(row["started"]), words.duration(row["duration_s"])),
            *(words.number(row["readings"]), row["reason"] or "–"),
        )
        for row in longest
    )
    head = tuple(words(key) for key in ("sensor", "location", "began", "lasted", "readings", "reason"))
    shown: tuple[Block, ...] = (Paragraph(words("episodes"), "heading"), Table(head, rows, (3, 4)))
    return Section(words("happened"), (*charts, *(shown if rows else (Paragraph(words("no_episodes")),))))


def _values(words: Words, results: Mapping[str, list[Row]]) -> Section:
    figures = ("mean", "median", "least", "most", "middle", "anomalous")
    types = tuple((row["sensor_type"], row["unit"], *_figures(words, row)) for row in results["descriptive"])
    places = tuple((row["location"], row["sensor_type"], *_figures(words, row)) for row in results["locations"])
    numeric = tuple(range(2, 9))
    return Section(
        words("values"),
        (
            Table(tuple(words(key) for key in ("type", "unit", "readings", *figures)), types, numeric),
            Paragraph(words("places"), "heading"),
            Table(tuple(words(key) for key in ("location", "type", "readings", *figures)), places, numeric),
        ),
    )


def _figures(words: Words, row: Row) -> tuple[str, ...]:
    middle = f"{words.number(row['q1'], 1)} – {words.number(row['q3'], 1)}"
    single = (words.number(row[key], 1) for key in ("mean", "median", "min", "max"))
    return words.number(row["readings"]), *single, middle, words.percent(row["anomaly_rate"], 2)


def _related(words: Words, results: Mapping[str, list[Row]]) -> Section:
    strong = [row for row in results["correlations"] if row["is_strongest"] and abs(row["correlation"]) >= 0.5]
    strong.sort(key=lambda row: -abs(row["correlation"]))
    rows = tuple(
        (
            row["location"],
            f"{row['type_a']}, {row['type_b']}",
            words.number(row["correlation"], 2),
            f"{row['lag_minutes']}\u00a0min",
        )
        for row in strong[:8]
    )
    head = tuple(words(key) for key in ("location", "pair", "correlation", "lag"))
    return Section(
        words("related"), (Table(head, rows, (2, 3)), Paragraph(words("related_note"), "note")) if rows else ()
    )


def _storage(words: Words, results: Mapping[str, list[Row]]) -> Section:
    newest = results["capacity"][-1]
    text = words(
        "storage_text",
        day=words.size(newest["bytes_per_day"]),
        free=words.size(newest["free_bytes"]),
        days=words.number(newest["days_until_full"]),
    )
    return Section(words("storage"), (Paragraph(text),) if newest["days_until_full"] is not None else ())


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
