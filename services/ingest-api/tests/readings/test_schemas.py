from typing import Any

import msgspec
from fastapi import FastAPI

from ingest_api.readings.formats.json import decode
from iot_contracts.problems import IngestResult
from iot_contracts.readings import SubmittedReading


def test_the_examples_of_the_document_are_accepted(app: FastAPI) -> None:
    operation = app.openapi()["paths"]["/v1/readings"]["post"]
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    for example in examples.values():
        assert all(isinstance(item, SubmittedReading) for item in decode(msgspec.json.encode(example["value"]), 10))
    for status in ("202", "207", "422"):
        msgspec.convert(operation["responses"][status]["content"]["application/json"]["example"], IngestResult)


def test_every_reference_of_the_document_resolves(app: FastAPI) -> None:
    document = app.openapi()

    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if "$ref" in node else []
            return own + [found for value in node.values() for found in references(value)]
        return [found for value in node for found in references(value)] if isinstance(node, list) else []

    names = {reference.removeprefix("#/components/schemas/") for reference in references(document)}
    assert (
        {"SubmittedReading", "IngestResult", "ItemError", "Problem"}
        <= names
        <= document["components"]["schemas"].keys()
    )
