"""`ETag` and `If-None-Match`: a client that has an answer already is told so, and nothing is computed."""

from collections.abc import Awaitable, Callable, Iterator
from hashlib import blake2b
from importlib.metadata import version
from typing import Final

import msgspec
from fastapi import Request, Response
from pydantic import BaseModel

from query_api.tail.tail import OFFSET_COLUMN
from query_api.view.view import View

NOT_MODIFIED: Final[dict[int | str, dict[str, str]]] = {
    304: {"description": "The answer is still the one whose ETag `If-None-Match` named."}
}
_VERSION: Final = version("query-api")


def tag_of(view: View, question: BaseModel, *form: str) -> str:
    """The entity tag of the answer to a question in a form: another one whenever the answer could be another.

    It is weak (RFC 9110): `as_of` in the body says when it was computed. Relative times are resolved in `question`, so
    a question about "the last hour" has another tag each time.
    """
    asked = type(question).__name__, question.model_dump_json(), form
    content = msgspec.json.encode((_VERSION, asked, list(_state(view))))
    return f'W/"{blake2b(content, digest_size=12).hexdigest()}"'


async def answered(request: Request, tag: str, compute: Callable[[], Awaitable[Response]]) -> Response:
    """What `compute` gives, with its tag, or 304 without computing it."""
    headers = {"ETag": tag, "Cache-Control": "no-cache"}  # keep it, and ask whether it is still so
    if tag in _held(request):
        return Response(status_code=304, headers={**headers, "Vary": "Accept"})
    response = await compute()
    response.headers.update(headers)
    return response


def _held(request: Request) -> list[str]:
    """Tags that the client has answers of; by RFC 9110 they are compared weakly."""
    names = ",".join(request.headers.getlist("if-none-match")).split(",")
    return [name if name.startswith("W/") else f"W/{name}" for one in names if (name := one.strip())]


def _state(view: View) -> Iterator[tuple[int | str, ...]]:
    """What of a view changes whenever an answer could."""
    for width_s, table in ((0, view.table), *((rollup.width_s, rollup.state) for rollup in view.table.rollups)):
        yield width_s, table.table_uuid, 0 if table.snapshot is None else table.snapshot.id
    for number, share in sorted(view.tail.partitions.items()):
        last = share.batches[-1].column(OFFSET_COLUMN)[-1].as_py() if share.batches else -1
        rows = sum(batch.num_rows for batch in share.batches)
        yield number, share.held_from, last, rows
