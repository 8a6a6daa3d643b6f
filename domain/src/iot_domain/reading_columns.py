"""Which column of `iot.readings` holds which field of a reading. Pure."""

from iot_contracts.readings import Reading
from iot_contracts.tables import READINGS

_RENAMED = {"event_timestamp": "timestamp"}


def field_of(column: str) -> str:
    """The field of a reading that a column is named after: its own name but for the event time's."""
    return _RENAMED.get(column, column)


FIELDS_BY_COLUMN = {
    column.name: field_of(column.name)
    for column in READINGS.columns
    if field_of(column.name) in Reading.__struct_fields__
}
"""The columns that a message alone has; the others are what the stream processor adds."""
