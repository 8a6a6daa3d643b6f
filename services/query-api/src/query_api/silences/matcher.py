"""Which alerts a silence or an inhibition is about. Pure."""

from typing import Final

import msgspec
import sqlalchemy as sa

from query_api.database.models import AlertRow

FIELDS: Final = ("sensor_id", "sensor_type", "location", "kind", "severity", "rule_id")


class Matcher(msgspec.Struct, frozen=True):
    """An alert matches when each field that is given has one of its values; a field that is empty matches all."""

    sensor_id: tuple[str, ...] = ()
    sensor_type: tuple[str, ...] = ()
    location: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    rule_id: tuple[str, ...] = ()

    def matches(self, alert: object) -> bool:
        """Whether this alert is meant: a row of it, or one of its transitions."""
        return all(not (wanted := getattr(self, name)) or str(getattr(alert, name)) in wanted for name in FIELDS)

    def conditions(self, of: type[AlertRow] = AlertRow) -> list[sa.ColumnElement[bool]]:
        """The same as conditions in SQL, on the alerts or on an alias of them."""
        return [getattr(of, name).in_(wanted) for name in FIELDS if (wanted := getattr(self, name))]
