"""Requests are read by their contract, and whatever else comes is answered with what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.stream.requests import parse_request
from iot_contracts.alerts import Severity
from iot_contracts.stream_frames import StreamError
from iot_contracts.stream_requests import Ping, StreamFilter, StreamPosition, StreamTopic, Subscribe, Unsubscribe


@pytest.mark.parametrize(
    ("text", "request_read"),
    [
        ('{"type":"subscribe","topic":"readings"}', Subscribe(topic=StreamTopic.READINGS)),
        (
            '{"type":"subscribe","topic":"alerts","filter":{"severity":["high"],"location":["Tangier-Port"]}}',
            Subscribe(
                topic=StreamTopic.ALERTS, filter=StreamFilter(severity=(Severity.HIGH,), location=("Tangier-Port",))
            ),
        ),
        (
            '{"type":"subscribe","topic":"windows","snapshot":false,"resume":{"epoch":"e","sequence":7}}',
            Subscribe(topic=StreamTopic.WINDOWS, snapshot=False, resume=StreamPosition(epoch="e", sequence=7)),
        ),
        ('{"type":"unsubscribe","topic":"health"}', Unsubscribe(topic=StreamTopic.HEALTH)),
        ('{"type":"ping","id":"1"}', Ping(id="1")),
    ],
)
def test_a_request_is_read(text: str, request_read: object) -> None:
    assert parse_request(text) == request_read


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("hello", "invalid_json", "Not JSON"),
        ("", "invalid_json", "Not JSON"),
        ("[" * 100_000, "invalid_request", "Expected `object`"),
        ("[]", "invalid_request", "Expected `object`"),
        ("{}", "invalid_request", "missing required field `type`"),
        ('{"type":"subscribe"}', "invalid_request", "missing required field `topic`"),
        ('{"type":"subscribe","topic":"weather"}', "invalid_request", "$.topic"),
        ('{"type":"subscribe","topic":"readings","filter":{"sensor":["a"]}}', "invalid_request", "sensor"),
        (
            '{"type":"subscribe","topic":"alerts","filter":{"severity":["urgent"]}}',
            "invalid_request",
            "$.filter.severity",
        ),
        ('{"type":"subscribe","topic":"alerts","resume":{"epoch":"e","sequence":-1}}', "invalid_request", ">= 0"),
    ],
)
def test_what_is_no_request_is_answered_with_what_is_wrong_and_an_example(text: str, code: str, says: str) -> None:
    error = parse_request(text)
    assert isinstance(error, StreamError)
    assert error.code == code
    assert says in error.message
    assert "Say for example" in error.message


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    assert isinstance(parse_request(text), StreamError)
