"""The generated documents say what the types say."""

import json
from pathlib import Path

import pytest

from iot_contracts import generate
from iot_contracts.topics import TOPICS


def test_the_committed_documents_are_current() -> None:
    assert generate.main(["--check"]) == 0


def test_a_stale_document_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    stale = tmp_path / "stale.json"
    stale.write_text("yesterday")
    monkeypatch.setattr(generate, "generated_files", lambda: {stale: "today"})
    assert generate.main(["--check"]) == 1
    assert str(stale) in capsys.readouterr().err


def test_every_reference_in_the_asyncapi_document_resolves() -> None:
    document = generate.asyncapi()
    text = json.dumps(document)
    references = {part.split('"')[0] for part in text.split('"$ref": "')[1:]}
    assert references
    for reference in references:
        node = document
        for key in reference.removeprefix("#/").split("/"):
            node = node[key]


def test_every_topic_names_a_producer_and_a_consumer() -> None:
    assert all(topic.producers and topic.consumers for topic in TOPICS)
