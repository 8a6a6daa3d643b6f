"""What an answer of ingest-api means, the same for every client."""

import pytest

from iot_contracts.problems import IngestResult
from iot_domain.ingest_answers import NotAnswered, RequestRefused, read_answer

VERDICTS = b'{"accepted": 2, "rejected": 0, "errors": []}'


@pytest.mark.parametrize("status", [202, 207, 422])
def test_verdicts_come_with_their_statuses(status: int) -> None:
    assert read_answer(status, VERDICTS) == IngestResult(accepted=2, rejected=0, errors=[])


@pytest.mark.parametrize("status", [400, 413, 415])
def test_a_request_that_is_broken_or_too_large_is_never_accepted(status: int) -> None:
    assert isinstance(read_answer(status, VERDICTS), RequestRefused)


def test_verdicts_that_cannot_be_read_refuse_the_request() -> None:
    assert read_answer(202, b"<html>") == RequestRefused("ingest-api answered 202: <html>")


@pytest.mark.parametrize("status", [0, 200, 302, 401, 403, 404, 429, 500, 503])
def test_everything_else_says_nothing_of_the_readings(status: int) -> None:
    assert read_answer(status, b"away") == NotAnswered(f"ingest-api answered {status}: away")
