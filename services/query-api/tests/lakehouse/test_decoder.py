"""The contract's golden messages decide what is a reading."""

from pathlib import Path

import pytest

from query_api.lakehouse.decoder import decode_reading, to_batch

EXAMPLES = Path(__file__).parents[4] / "contracts" / "examples" / "iot-sensors"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("valid/*.json")), ids=lambda path: path.stem)
def test_a_valid_message_becomes_a_row(path: Path) -> None:
    reading = decode_reading(path.read_bytes())
    assert reading is not None
    assert to_batch([0], [reading]).num_rows == 1


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("invalid/*.json")), ids=lambda path: path.stem)
def test_an_invalid_message_is_no_reading(path: Path) -> None:
    assert decode_reading(path.read_bytes()) is None


@pytest.mark.parametrize("message", [None, b"", b"\xff", b"[]", b'{"value": 1e999}'])
def test_what_is_not_even_an_object_is_no_reading(message: bytes | None) -> None:
    assert decode_reading(message) is None
