from typing import Any

import httpx
import msgspec
from fastapi import FastAPI

from iot_contracts.problems import IngestResult


async def test_every_example_of_a_body_is_accepted(app: FastAPI, client: httpx.AsyncClient) -> None:
    paths = app.openapi()["paths"]
    sent = 0
    for path in ("/v1/readings", "/api/v2/write", "/api/v3/write_lp", "/write"):
        for media_type, content in paths[path]["post"]["requestBody"]["content"].items():
            # Of a binary format a JSON document can hold no example.
            for example in content.get("examples", {}).values():
                value = example["value"]
                body = value.encode() if isinstance(value, str) else msgspec.json.encode(value)
                answer = await client.post(path, content=body, headers={"Content-Type": media_type})
                assert answer.status_code in (202, 204), answer.text
                sent += 1
    assert sent == 3 + 1 + 2 + 3 * 2


def test_the_examples_of_answers_are_answers(app: FastAPI) -> None:
    operation = app.openapi()["paths"]["/v1/readings"]["post"]
    for status in ("202", "207", "422"):
        msgspec.convert(operation["responses"][status]["content"]["application/json"]["example"], IngestResult)


def test_every_reference_of_the_document_resolves(app: FastAPI) -> None:
    document = app.openapi()

    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if "$ref" in node else []
            return own + [found for value in node.values() for found in references(value)]
        return [found for value in node for found in references(value)] if isinstance(node, list) else []

    named = {tuple(reference.removeprefix("#/components/").split("/")) for reference in references(document)}
    assert {("schemas", name) for name in ("SubmittedReading", "IngestResult", "ItemError", "Problem")} <= named
    assert named <= {(kind, name) for kind, parts in document["components"].items() for name in parts}
