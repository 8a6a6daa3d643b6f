"""Asks Trino over HTTP, as its clients do: post a statement, follow the answers' next address."""

from dataclasses import dataclass
from typing import Any

import httpx


class TrinoError(RuntimeError):
    """Trino refused the statement, or failed at it."""


@dataclass(frozen=True)
class TrinoClient:
    """One client; each statement stands by itself."""

    http: httpx.Client
    headers: tuple[tuple[str, str], ...] = (("X-Trino-User", "anybody"), ("X-Trino-Time-Zone", "UTC"))

    def ask(self, statement: str) -> list[list[Any]]:
        """All rows of an answer, values as JSON has them. Raises TrinoError."""
        return self.answer(statement)[1]

    def answer(self, statement: str) -> tuple[list[str], list[list[Any]]]:
        """Names of columns, and all rows. Raises TrinoError."""
        page = self._read(self.http.post("/v1/statement", content=statement, headers=dict(self.headers)))
        columns: list[str] = []
        rows = []
        while True:
            if "error" in page:
                raise TrinoError(page["error"]["message"])
            columns = columns or [column["name"] for column in page.get("columns", ())]
            rows += page.get("data", [])
            if "nextUri" not in page:
                return columns, rows
            page = self._read(self.http.get(page["nextUri"], headers=dict(self.headers)))

    @staticmethod
    def _read(response: httpx.Response) -> dict[str, Any]:
        response.raise_for_status()
        page: dict[str, Any] = response.json()
        return page
