"""The reading's contract as data: each field's kind and limits, read off the message type. Pure."""

from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from msgspec import Struct

Kind = Literal["text", "uuid", "time", "number", "flag"]
_KINDS: dict[type, Kind] = {
    msgspec.inspect.StrType: "text",
    msgspec.inspect.UUIDType: "uuid",
    msgspec.inspect.DateTimeType: "time",
    msgspec.inspect.FloatType: "number",
    msgspec.inspect.BoolType: "flag",
}


@dataclass(frozen=True)
class ContractField:
    """One field of a message: what JSON type it has and within which limits."""

    name: str
    kind: Kind
    required: bool
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None

    @property
    def is_json_string(self) -> bool:
        """Whether the field is a string in JSON."""
        return self.kind in ("text", "uuid", "time")


def contract_fields(message_type: type[Struct]) -> tuple[ContractField, ...]:
    """The fields of a message type. Raises KeyError for a type of field that no check exists for."""
    struct = msgspec.inspect.type_info(message_type)
    assert isinstance(struct, msgspec.inspect.StructType)  # noqa: S101 - narrows the type
    return tuple(_field(field) for field in struct.fields)


def _field(field: msgspec.inspect.Field) -> ContractField:
    value_type = _without_null(field.type)
    return ContractField(
        name=field.encode_name,
        kind=_KINDS[type(value_type)],
        required=field.required,
        min_length=getattr(value_type, "min_length", None),
        max_length=getattr(value_type, "max_length", None),
        pattern=getattr(value_type, "pattern", None),
        minimum=getattr(value_type, "ge", None),
        maximum=getattr(value_type, "le", None),
    )


def _without_null(field_type: Any) -> Any:
    while isinstance(field_type, msgspec.inspect.Metadata):
        field_type = field_type.type
    if isinstance(field_type, msgspec.inspect.UnionType):
        (field_type,) = (t for t in field_type.types if not isinstance(t, msgspec.inspect.NoneType))
        return _without_null(field_type)
    return field_type
