"""Every golden example is what its folder says: the contract accepts it, or refuses it."""

from pathlib import Path

import msgspec
import pytest

from iot_contracts.topics import TOPICS

EXAMPLES = Path(__file__).parents[1] / "examples"
PAYLOADS = {topic.name: topic.payload for topic in TOPICS}


def examples(kind: str) -> list[Path]:
    return sorted(EXAMPLES.glob(f"*/{kind}/*.json"))


def name_of(path: Path) -> str:
    return f"{path.parts[-3]}/{path.stem}"


@pytest.mark.parametrize("example", examples("valid"), ids=name_of)
def test_a_valid_example_survives_the_round_trip(example: Path) -> None:
    payload = PAYLOADS[example.parts[-3]]
    message = msgspec.json.decode(example.read_bytes(), type=payload)
    assert msgspec.json.decode(msgspec.json.encode(message), type=payload) == message


@pytest.mark.parametrize("example", examples("invalid"), ids=name_of)
def test_an_invalid_example_is_refused(example: Path) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(example.read_bytes(), type=PAYLOADS[example.parts[-3]])


@pytest.mark.parametrize("kind", ["valid", "invalid"])
def test_every_topic_has_examples(kind: str) -> None:
    assert {path.parts[-3] for path in examples(kind)} == set(PAYLOADS)
