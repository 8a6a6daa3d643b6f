"""Writes what is derived from the contract: JSON Schemas, the AsyncAPI document, the topics page.

`python -m iot_contracts.generate` writes, `--check` fails when a written file is stale.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

import msgspec

from iot_contracts.json_schemas import schema_components
from iot_contracts.live_frames import LiveFrame
from iot_contracts.problems import IngestResult, Problem
from iot_contracts.readings import SubmittedReading
from iot_contracts.stream_frames import StreamFrame
from iot_contracts.stream_requests import StreamRequest
from iot_contracts.topics import TOPICS, Topic

CONTRACTS = Path(__file__).resolve().parents[2]
HTTP_TYPES: dict[str, Any] = {
    "submitted-reading": SubmittedReading,
    "ingest-result": IngestResult,
    "problem": Problem,
    "live-frame": LiveFrame,
    "stream-request": StreamRequest,
    "stream-frame": StreamFrame,
}


def json_schema(message_type: Any, title: str) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a message type."""
    (schema,), components = schema_components([message_type], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **schema,
        "$defs": components,
    }


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": topic.description,
        "messages": {topic.payload.__name__: {"$ref": f"#/components/messages/{topic.payload.__name__}"}},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": [topic.cleanup_policy],
                    "retention.ms": topic.retention_ms,
                    "retention.bytes": topic.retention_bytes,
                },
            }
        },
        "x-producers": list(topic.producers),
        "x-consumers": list(topic.consumers),
    }


STREAM = "stream"
_STREAM_REQUESTS, _STREAM_FRAMES = get_args(StreamRequest), get_args(StreamFrame)


def _stream_channel() -> dict[str, Any]:
    messages = (*_STREAM_REQUESTS, *_STREAM_FRAMES)
    return {
        "address": "/v1/stream",
        "description": "WebSocket of the dashboard: live messages by topic and filter. GET /v1/events sends the same "
        "messages as Server-Sent Events.",
        "messages": {one.__name__: {"$ref": f"#/components/messages/{one.__name__}"} for one in messages},
        "bindings": {"ws": {"method": "GET"}},
    }


def _stream_operation(action: str, messages: tuple[type, ...]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{STREAM}"},
        "messages": [{"$ref": f"#/channels/{STREAM}/messages/{one.__name__}"} for one in messages],
    }


def asyncapi(topics: tuple[Topic, ...] = TOPICS) -> dict[str, Any]:
    """The AsyncAPI 3 document of all topics and of the dashboard's stream, whose operations are the dashboard's."""
    stream_messages = (*_STREAM_REQUESTS, *_STREAM_FRAMES)
    schemas, components = schema_components(
        [*(topic.payload for topic in topics), *stream_messages], ref_template="#/components/schemas/{name}"
    )
    stream_schemas = schemas[len(topics) :]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "IoT data platform: topics",
            "version": version("iot-contracts"),
            "description": "What crosses Kafka, and what the dashboard streams. JSON messages, UTF-8.",
        },
        "defaultContentType": "application/json",
        "channels": {**{topic.name: _channel(topic) for topic in topics}, STREAM: _stream_channel()},
        "operations": {
            f"{action}-{topic.name}": {"action": action, "channel": {"$ref": f"#/channels/{topic.name}"}}
            for topic in topics
            for action in ("send", "receive")
        }
        | {
            "receive-stream-requests": _stream_operation("receive", _STREAM_REQUESTS),
            "send-stream-frames": _stream_operation("send", _STREAM_FRAMES),
        },
        "components": {
            "messages": {
                topic.payload.__name__: {
                    "payload": schema,
                    "bindings": {"kafka": {"key": {"type": "string", "description": topic.key}}},
                }
                for topic, schema in zip(topics, schemas, strict=False)
            }
            | {one.__name__: {"payload": schema} for one, schema in zip(stream_messages, stream_schemas, strict=True)},
            "schemas": components,
        },
    }


def _kept(topic: Topic) -> str:
    if topic.retention is None:
        return "the newest of each key" if topic.cleanup_policy == "compact" else "for ever"
    if topic.retention_bytes_per_partition is None:
        return f"{topic.retention.days} d"
    return f"{topic.retention.days} d, {topic.retention_bytes_per_partition / 1024**3:g} GiB a partition"


def topics_page(topics: tuple[Topic, ...] = TOPICS) -> str:
    """docs/topics.md: the registry as a table."""
    lines = [
        "# Topics",
        "",
        "Generated from `contracts/` by `python -m iot_contracts.generate`; do not edit.",
        "",
        "| topic | message | key | partitions | kept | written by | read by |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines.extend(
        f"| `{topic.name}` | [{topic.payload.__name__}](../contracts/schemas/{topic.name}.json) "
        f"| {topic.key} | {topic.partitions} | {_kept(topic)} "
        f"| {', '.join(topic.producers)} | {', '.join(topic.consumers)} |"
        for topic in topics
    )
    lines.append("")
    lines.extend(f"- **{topic.name}**: {topic.description}" for topic in topics)
    return "\n".join(lines) + "\n"


def generated_files() -> dict[Path, str]:
    """Every generated file with the text it should have."""
    message_types = {topic.name: topic.payload for topic in TOPICS} | HTTP_TYPES
    files = {
        CONTRACTS / "schemas" / f"{name}.json": json.dumps(json_schema(message_type, name), indent=2) + "\n"
        for name, message_type in message_types.items()
    }
    files[CONTRACTS / "asyncapi.yaml"] = msgspec.yaml.encode(asyncapi()).decode()
    files[CONTRACTS.parent / "docs" / "topics.md"] = topics_page()
    return files


def main(arguments: list[str]) -> int:
    """Write the generated files, or with `--check` say which are stale and return 1."""
    files = generated_files()
    if "--check" in arguments:
        stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
        for path in stale:
            sys.stderr.write(f"{path} is stale: run python -m iot_contracts.generate\n")
        return 1 if stale else 0
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
