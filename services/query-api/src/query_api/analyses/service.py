"""Which analyses there are, when they ran, and what they found."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from iot_contracts.analyses import ANALYSES, RANGE_COLUMNS, Analysis
from query_api.analyses.repository import AnalysesRepository, Run
from query_api.analyses.schemas import MAX_RANGES, ResultQuery
from query_api.engines.protocol import Row
from query_api.errors import NotFoundError
from query_api.media_types import CSV, NDJSON, csv_rows, ndjson_rows

_BY_NAME: Final = {analysis.name: analysis for analysis in ANALYSES}


class AnalysesService:
    """Answers from the tables of the results."""

    def __init__(self, repository: AnalysesRepository) -> None:
        self._repository = repository

    async def list(self) -> bytes:
        """All analyses with their last run, as JSON (an AnalysesAnswer)."""
        last: dict[str, Run] = {}
        for run in await self._repository.runs():
            last.setdefault(run.analysis, run)
        return msgspec.json.encode({"analyses": [_about(one, last.get(one.name)) for one in ANALYSES]})

    async def result(self, name: str, query: ResultQuery, media_type: str) -> bytes:
        """What an analysis found in the ranges that are asked for; in JSON a ResultAnswer, else its rows.

        Raises NotFoundError.
        """
        analysis = _BY_NAME.get(name)
        if analysis is None:
            raise NotFoundError(f"there is no analysis {name!r}; there are: {', '.join(_BY_NAME)}")
        runs = [run for run in await self._repository.runs() if run.analysis == name]
        chosen = runs_in(runs, query)
        rows = await self._repository.rows(analysis, chosen, query.limit + 1)
        return await asyncio.to_thread(_encode, analysis, query, runs, chosen, rows, media_type)


def runs_in(runs: Sequence[Run], query: ResultQuery) -> Sequence[Run]:
    """The runs that a question is about, of all `runs` with the newest first. Pure.

    Without `from` and `to` the newest; the one of exactly that range alone; else all whose range lies between.
    """
    if query.from_ is None and query.to is None:
        return runs[:1]
    return [run for run in runs if (run.start, run.end) == (query.from_, query.to)] or [
        run
        for run in runs
        if (query.from_ is None or run.start >= query.from_) and (query.to is None or run.end <= query.to)
    ][:MAX_RANGES]


def _about(analysis: Analysis, last: Run | None) -> dict[str, Any]:
    return {
        "name": analysis.name,
        "answers": analysis.answers,
        "last_run": None if last is None else _run(last),
        "how_to_run": f"iotctl analyse {analysis.name}",
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "from": run.start,
        "to": run.end,
        "finished_at": run.finished_at,
        "duration_s": run.duration_s,
        "snapshot_id": run.snapshot_id,
        "input_rows": run.input_rows,
        "rows": run.rows,
    }


def _encode(
    analysis: Analysis, query: ResultQuery, runs: Sequence[Run], chosen: Sequence[Run], rows: list[Row], media_type: str
) -> bytes:
    names = [column.name for column in (*analysis.columns, *RANGE_COLUMNS)]
    within = rows[: query.limit]
    if media_type == CSV:
        return csv_rows(names, within, msgspec.json.encode)
    if media_type == NDJSON:
        return ndjson_rows(names, within, msgspec.json.encode)
    about: Mapping[str, Any] = _about(analysis, runs[0] if runs else None)
    return msgspec.json.encode(
        {
            **about,
            "columns": analysis.columns,
            "runs": [_run(run) for run in chosen],
            "rows": [dict(zip(names, row, strict=True)) for row in within],
            "truncated": len(rows) > query.limit,
            "ranges": [_run(run) for run in runs[:MAX_RANGES]],
            "note": None if chosen else _note(analysis, runs),
        }
    )


def _note(analysis: Analysis, runs: Sequence[Run]) -> str:
    if not runs:
        return f"it was never run: `iotctl analyse {analysis.name}` runs it over the last 30 days"
    return (
        f"no run lies between `from` and `to`; the last was over {runs[0].start.isoformat()} to "
        f"{runs[0].end.isoformat()}, and `ranges` has them all"
    )
