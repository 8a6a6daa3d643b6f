from datetime import datetime
from typing import Annotated
from uuid import UUID

import pytest
from msgspec import Meta, Struct

from iot_contracts.readings import NAME_PATTERN, Reading
from stream_processor.contract_fields import ContractField, contract_fields


def test_every_field_of_a_reading_has_its_kind_and_whether_it_is_required() -> None:
    assert {field.name: (field.kind, field.required) for field in contract_fields(Reading)} == {
        "reading_id": ("uuid", True),
        "sensor_id": ("text", True),
        "sensor_type": ("text", True),
        "location": ("text", True),
        "value": ("number", True),
        "unit": ("text", True),
        "timestamp": ("time", True),
        "is_anomaly": ("flag", False),
        "battery_level": ("number", False),
    }


def test_limits_are_read_through_an_optional_type() -> None:
    by_name = {field.name: field for field in contract_fields(Reading)}
    assert by_name["battery_level"] == ContractField("battery_level", "number", required=False, minimum=0, maximum=100)
    assert by_name["sensor_id"] == ContractField(
        "sensor_id", "text", required=True, min_length=1, max_length=64, pattern=NAME_PATTERN
    )


def test_text_ids_and_times_are_strings_in_json() -> None:
    class Message(Struct):
        text: str
        id: UUID
        time: datetime
        number: float
        flag: bool

    assert [field.is_json_string for field in contract_fields(Message)] == [True, True, True, False, False]


def test_a_field_goes_by_its_name_on_the_wire() -> None:
    class Message(Struct, rename="camel"):
        sensor_id: Annotated[str | None, Meta(description="who")] = None

    assert contract_fields(Message) == (ContractField("sensorId", "text", required=False),)


def test_a_type_that_no_check_exists_for_is_refused() -> None:
    class Message(Struct):
        many: list[int]

    with pytest.raises(KeyError):
        contract_fields(Message)
