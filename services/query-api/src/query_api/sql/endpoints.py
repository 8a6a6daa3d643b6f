"""`/v1/sql` and `/v1/queries`."""

import asyncio
from collections.abc import Awaitable
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Path, Query, Request, Response

from query_api.dependencies import CurrentRuntime, CurrentView
from query_api.errors import SQL_PROBLEMS
from query_api.media_types import TEXTS, media_type_of
from query_api.sql.named import NamedQuery, named_queries
from query_api.sql.schemas import (
    MAX_ROWS,
    NamedQueryAnswer,
    QueriesAnswer,
    QueryParameter,
    SqlAnswer,
    SqlBody,
    SqlSchema,
    SqlTable,
)

router = APIRouter(prefix="/v1", tags=["sql"], responses=SQL_PROBLEMS)
T = TypeVar("T")
GONE_CHECK_S: Final = 0.25
_LIMIT: Final = "limit"
_OTHER_FORMS: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {media_type: {} for media_type in TEXTS[1:]}}}


@router.post("/sql", summary="One SELECT over all readings", response_model=SqlAnswer, responses=_OTHER_FORMS)
async def run_sql(body: SqlBody, request: Request, runtime: CurrentRuntime, view: CurrentView) -> Response:
    """Answer a SELECT in DuckDB's dialect over the tables of `/v1/sql/schema`, up to this moment.

    It runs in a database of its own that has no files, no network and no settings, and is stopped when the client
    leaves or the time limit is over. `Accept: text/csv` or `application/x-ndjson` gives rows alone.
    """
    media_type = media_type_of(request)
    answer = await _while_connected(request, runtime.sql.run(view, body, media_type))
    return Response(answer, media_type=media_type)


@router.get("/sql/schema", summary="What SQL can ask")
async def get_schema(runtime: CurrentRuntime, view: CurrentView) -> SqlSchema:
    """Tables and their columns."""
    return SqlSchema(tables=[SqlTable.model_validate(table) for table in await runtime.sql.schema(view)])


@router.get("/queries", summary="The named queries")
async def list_queries() -> QueriesAnswer:
    """Questions that are kept under a name, with their parameters and their SQL."""
    return QueriesAnswer(queries=[_answer(query) for query in named_queries().values()])


@router.get("/queries/{name}", summary="Answer a named query", response_model=SqlAnswer, responses=_OTHER_FORMS)
async def run_query(
    name: Annotated[str, Path(max_length=100, description="As `/v1/queries` lists it.")],
    request: Request,
    runtime: CurrentRuntime,
    view: CurrentView,
    limit: Annotated[int, Query(ge=1, le=MAX_ROWS, description="Maximum number of rows.")] = 10_000,
) -> Response:
    """Answer it with the parameters that it names, each by its default when it is left out."""
    given = {key: value for key, value in request.query_params.items() if key != _LIMIT}
    media_type = media_type_of(request)
    answer = await _while_connected(request, runtime.sql.run_named(view, name, given, limit, media_type))
    return Response(answer, media_type=media_type)


async def _while_connected(request: Request, answer: Awaitable[T]) -> T:
    """Wait for an answer, and give it up when nobody is there any more to read it."""
    task = asyncio.ensure_future(answer)
    try:
        while not (await asyncio.wait({task}, timeout=GONE_CHECK_S))[0]:
            if await request.is_disconnected():
                task.cancel()
        return await task
    finally:
        task.cancel()


def _answer(query: NamedQuery) -> NamedQueryAnswer:
    return NamedQueryAnswer(
        name=query.name,
        group=query.group,
        title=query.title,
        description=query.description,
        parameters=[
            QueryParameter(name=one.name, type=one.type, default=one.default, description=one.description)
            for one in query.parameters
        ],
        sql=query.sql,
    )
