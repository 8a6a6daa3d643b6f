"""What a service writes: JSON lines of its level and above, and nothing spent on the others."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from service_kit.logging import configure_logging, get_logger


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_is_json_and_says_who_and_where(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("test", "INFO")
    get_logger("some.module").info("happened", count=3)
    line = json.loads(capsys.readouterr().out)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "happened", "count": 3, "level": "info", "logger": "some.module", "service": "test"}


def test_what_is_below_the_level_is_neither_written_nor_built(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("test", "WARNING")
    built: list[str] = []

    def note(_logger: object, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        built.append(method)
        return event

    structlog.configure(processors=[note, *structlog.get_config()["processors"]])
    for say in (get_logger("m").debug, get_logger("m").info, get_logger("m").warning):
        say("x")
    assert built == ["warning"]
    assert capsys.readouterr().out.count("\n") == 1
