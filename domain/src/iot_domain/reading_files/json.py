"""JSON (RFC 8259): an array of readings, or one reading; read whole."""

from collections.abc import Callable, Iterator
from typing import BinaryIO, TypeVar

import msgspec

from iot_domain.event_time import event_time
from iot_domain.reading_files.faults import ItemFaultError
from iot_domain.reading_files.json_items import BOM, read_fields, split_array, submission_of, where_and_why
from iot_domain.reading_files.records import BadItem, InvalidFileError, Measurement, Record, require_contract

T = TypeVar("T")

NEW_LINE = b"\n"

_items = msgspec.json.Decoder(list[msgspec.Raw])
_item = msgspec.json.Decoder(msgspec.Raw)


def read_json(file: BinaryIO) -> Iterator[Record]:
    """The readings of an array, or the one that the file is. Raises InvalidFileError when it is no JSON."""
    for number, item in enumerate(items_of(file.read()), start=1):
        yield json_record(f"item {number}", number, item)


def items_of(content: bytes) -> list[bytes]:
    """The values of an array, or the one value that a text is. Raises InvalidFileError when it is no JSON."""
    text = content.removeprefix(BOM)
    stripped = text.strip(b" \t\r\n")
    try:
        text.decode()
        if stripped[:1] != b"[":
            return [bytes(_item.decode(text))]
        return [bytes(item) for item in _items.decode(text)]
    except RecursionError:
        pass
    except UnicodeDecodeError as error:
        raise InvalidFileError(f"is not UTF-8 at {_place(text, error.start)}") from None
    except msgspec.DecodeError as error:
        byte, why = where_and_why(error, len(text))
        raise InvalidFileError(f"is not JSON at {_place(text, byte)}: {why}") from None
    try:
        return split_array(stripped) if stripped[:1] == b"[" else [stripped]
    except ValueError as error:
        raise InvalidFileError(f"is nested too deeply, or {error}") from None


def _place(text: bytes, byte: int) -> str:
    return f"line {text.count(NEW_LINE, 0, byte) + 1}, column {byte - text.rfind(NEW_LINE, 0, byte)}"


def json_record(place: str, number: int, text: bytes) -> Record:
    """The measurement that a JSON object is, or why it is none."""

    def read(text: bytes) -> Record:
        fields = read_fields(text)
        read = submission_of(text, fields)
        found = Measurement(
            place=place,
            number=number,
            sent=f"{bytes(fields['timestamp']).decode()}\n{bytes(fields['value']).decode()}",
            timestamp=event_time(read.timestamp),
            value=read.value,
            reading_id=read.reading_id,
            sensor_id=read.sensor_id,
            sensor_type=read.sensor_type,
            location=read.location,
            unit=read.unit,
            is_anomaly=read.is_anomaly,
            battery_level=read.battery_level,
        )
        require_contract(found)
        return found

    return read_or_say_why(place, text, read)


def read_or_say_why(place: str, text: bytes, read: Callable[[bytes], T]) -> T | BadItem:
    """What `read` makes of a JSON value, or why it can't."""
    try:
        text.decode()  # msgspec doesn't look into strings that it skips
        return read(text)
    except UnicodeDecodeError as error:
        return BadItem(place, f"is not UTF-8 at byte {error.start}")
    except RecursionError:
        return BadItem(place, "is nested too deeply; a reading is a flat object")
    except ItemFaultError as fault:
        return BadItem(place, str(fault))
    except msgspec.DecodeError as error:
        byte, why = where_and_why(error, len(text))
        return BadItem(place, f"is not JSON at byte {byte}: {why}")
    except ValueError as error:
        return BadItem(place, f"is not JSON: {error}")
