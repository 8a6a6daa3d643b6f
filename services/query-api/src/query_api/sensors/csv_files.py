"""Sensors as CSV: what the export writes, the import reads. Pure."""

import csv
import io
from collections.abc import Iterable

import msgspec

from iot_contracts.sensors import Sensor
from service_kit.problems import InvalidRequestError

COLUMNS = ("sensor_id", "name", "sensor_type", "location", "low", "high", "tags", "installed_at", "expected_interval_s")
TAG_SEPARATOR = ";"
MAX_ROWS = 50_000
MAX_FAULTS = 20


def parse_sensors(content: bytes) -> list[Sensor]:
    """The sensors of a file. Raises InvalidRequestError that names the first faults by their lines."""
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        columns = reader.fieldnames or ()
        if "sensor_id" not in columns or (unknown := sorted(set(columns) - set(COLUMNS))):
            what = f"unknown columns: {', '.join(map(str, unknown))}" if "sensor_id" in columns else "no sensor_id"
            raise InvalidRequestError(f"header: {what}; the columns are {', '.join(COLUMNS)}")
        return _parse_rows(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidRequestError(f"the file is no CSV in UTF-8: {error}") from error


def _parse_rows(reader: "csv.DictReader[str]") -> list[Sensor]:
    sensors: dict[str, Sensor] = {}
    faults: list[str] = []
    for row in reader:
        if len(sensors) >= MAX_ROWS:
            raise InvalidRequestError(f"the file has more than {MAX_ROWS} sensors; send parts")
        try:
            sensor = _parse_row(row)
            if sensor.sensor_id in sensors:
                raise ValueError(f"{sensor.sensor_id} is there twice")
            sensors[sensor.sensor_id] = sensor
        except (msgspec.ValidationError, ValueError) as error:
            faults.append(f"line {reader.line_num}: {error}")
            if len(faults) >= MAX_FAULTS:
                break
    if faults:
        raise InvalidRequestError("; ".join(faults))
    return list(sensors.values())


def _parse_row(row: dict[str, str]) -> Sensor:
    if None in row or None in row.values():
        raise ValueError("has not as many fields as the header")
    if any("\0" in value for value in row.values()):
        raise ValueError("has the character U+0000")
    fields: dict[str, object] = {name: value.strip() for name, value in row.items() if value.strip()}
    if isinstance(tags := fields.get("tags"), str):
        fields["tags"] = [tag.strip() for tag in tags.split(TAG_SEPARATOR) if tag.strip()]
    return msgspec.convert(fields, Sensor, strict=False)


def format_header() -> str:
    """The first line."""
    return ",".join(COLUMNS) + "\r\n"


def format_sensors(sensors: Iterable[Sensor]) -> str:
    """A line a sensor."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore")
    for sensor in sensors:
        fields = msgspec.to_builtins(sensor)
        writer.writerow({**fields, "tags": TAG_SEPARATOR.join(sensor.tags)})
    return text.getvalue()
