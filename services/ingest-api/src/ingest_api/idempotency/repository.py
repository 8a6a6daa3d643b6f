"""What is remembered of keyed requests: an SQLite file that all worker processes of this machine share."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NamedTuple, Self

from ingest_api.idempotency.keys import Identity
from ingest_api.idempotency.states import Answer, Bounds, Claim, ClaimResult, Different, Running

BUSY_TIMEOUT_S = 5.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS requests (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    request BLOB NOT NULL UNIQUE,
    fingerprint BLOB NOT NULL,
    owner TEXT NOT NULL,
    claimed_at REAL NOT NULL,
    status INTEGER,
    media_type TEXT,
    answer BLOB
);
CREATE INDEX IF NOT EXISTS requests_claimed_at ON requests (claimed_at);
"""
# How much more than its bounds each process may let in before it forgets: an eighth.
_SLACK = 8
_FIND = "SELECT fingerprint, owner, claimed_at, status, media_type, answer FROM requests WHERE request = ?"
_CLAIM = """
INSERT OR REPLACE INTO requests (request, fingerprint, owner, claimed_at) VALUES (?, ?, ?, ?)
"""
_COMPLETE = """
UPDATE requests SET status = ?, media_type = ?, answer = ? WHERE number = ? AND request = ? AND status IS NULL
"""
_RELEASE = "DELETE FROM requests WHERE number = ? AND request = ? AND status IS NULL"
_DELETE_OLD = "DELETE FROM requests WHERE claimed_at <= ?"
_DELETE_EXCESS = """
DELETE FROM requests WHERE number <= (
    SELECT max(number) FROM (
        SELECT number, row_number() OVER newest AS position, total(length(answer)) OVER newest AS answer_bytes
        FROM requests WINDOW newest AS (ORDER BY number DESC ROWS UNBOUNDED PRECEDING)
    ) WHERE position > ? OR answer_bytes > ?
)
"""


class _Row(NamedTuple):
    fingerprint: bytes
    owner: str
    claimed_at: float
    status: int | None
    media_type: str | None
    answer: bytes | None


class Repository:
    """The file. One thread at a time may use it; several processes may."""

    def __init__(
        self,
        path: Path,
        bounds: Bounds,
        owner: str,
        is_alive: Callable[[str], bool],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._bounds = bounds
        self._owner = owner
        self._is_alive = is_alive
        self._now = now
        self._new_keys = self._new_answer_bytes = 0
        self._database: sqlite3.Connection

    def open(self) -> Self:
        """Open the file, making it where there is none. Raises sqlite3.Error."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as opened:
            database = sqlite3.connect(
                self._path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            opened.enter_context(closing(database))
            database.execute("PRAGMA journal_mode = WAL")
            # Losing the last answers with the machine's power is no harm: the derived ids make a repetition known.
            database.execute("PRAGMA synchronous = NORMAL")
            database.executescript(_SCHEMA)
            opened.pop_all()
        self._database = database
        return self

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def claim(self, identity: Identity) -> ClaimResult:
        """Take the request, unless it is somebody's or answered. Raises sqlite3.Error."""
        now = self._now()
        with self._transaction() as database:
            row = database.execute(_FIND, (identity.request,)).fetchone()
            before = None if row is None else _Row(*row)
            if before is not None and (found := self._judge(identity, now, before)) is not None:
                return found
            cursor = database.execute(_CLAIM, (identity.request, identity.fingerprint, self._owner, now))
            took_over = before is not None and before.status is None
            return Claim(identity, cursor.lastrowid or 0, took_over)

    def _judge(self, identity: Identity, now: float, row: "_Row") -> ClaimResult | None:
        age_s = now - row.claimed_at
        if age_s >= self._bounds.max_age_s:
            return None
        if row.status is None and (age_s >= self._bounds.lease_s or not self._is_alive(row.owner)):
            return None
        if row.fingerprint != identity.fingerprint:
            return Different()
        return Running() if row.status is None else Answer(row.status, row.media_type, row.answer or b"")

    def complete(self, claim: Claim, answer: Answer) -> None:
        """Keep the answer; nothing when the claim has been taken over meanwhile. Raises sqlite3.Error."""
        values = (answer.status, answer.media_type, answer.body)
        self._database.execute(_COMPLETE, (*values, claim.number, claim.identity.request))
        self._new_keys += 1
        self._new_answer_bytes += len(answer.body)
        bounds = self._bounds
        if self._new_keys * _SLACK > bounds.max_keys or self._new_answer_bytes * _SLACK > bounds.max_answer_bytes:
            self.delete_expired()

    def release(self, claim: Claim) -> None:
        """Forget the request: it has no answer that a repetition should get. Raises sqlite3.Error."""
        self._database.execute(_RELEASE, (claim.number, claim.identity.request))

    def delete_expired(self) -> None:
        """Forget what is too old, and the oldest of what is too much. Raises sqlite3.Error."""
        self._new_keys = self._new_answer_bytes = 0
        with self._transaction() as database:
            database.execute(_DELETE_OLD, (self._now() - self._bounds.max_age_s,))
            database.execute(_DELETE_EXCESS, (self._bounds.max_keys, self._bounds.max_answer_bytes))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with closing(self._database.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")
