"""Which alerts inhibit which. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal, NamedTuple, Self

import msgspec
import sqlalchemy as sa

from query_api.database.models import AlertRow, Inhibition
from query_api.silences.matcher import Matcher

Label = Literal["sensor_id", "sensor_type", "location", "kind", "severity", "rule_id"]
SEVERITIES: Final = ("high", "medium", "low")


class InhibitionRule(NamedTuple):
    """Alerts that match `source` inhibit those that match `target` and have the same values of `equal`."""

    source: Matcher
    target: Matcher
    equal: tuple[str, ...]

    @classmethod
    def of(cls, row: Inhibition) -> Self:
        """The rule of a row."""
        return cls(msgspec.convert(row.source, Matcher), msgspec.convert(row.target, Matcher), tuple(row.equal))

    def inhibits(self, source: type[AlertRow], target: type[AlertRow]) -> sa.ColumnElement[bool]:
        """The condition that `source` inhibits `target` while it lasts, both aliases of the alerts.

        As in Alertmanager, of two alerts that match both sides none inhibits the other.
        """
        other_way_round = sa.and_(*self.target.conditions(source), *self.source.conditions(target))
        return sa.and_(
            *self.source.conditions(source),
            *self.target.conditions(target),
            *(getattr(source, label) == getattr(target, label) for label in self.equal),
            source.alert_id != target.alert_id,
            sa.not_(other_way_round),
        )


class Standing(NamedTuple):
    """What decides between alerts, the most severe and then the oldest first, and by which one is inhibited."""

    rank: int
    opened_at: datetime
    alert_id: str
    inhibited_by: str | None


def break_circles(standings: Mapping[str, Standing]) -> set[str]:
    """The alerts that stay in force although others inhibit them: the first of each circle, which else hid itself."""
    freed: set[str] = set()
    done: set[str] = set()
    for start in standings:
        path: dict[str, None] = {}
        at: str | None = start
        while at is not None and at in standings and at not in done and at not in path:
            path[at] = None
            at = standings[at].inhibited_by
        if at is not None and at in path:
            circle = list(path)[list(path).index(at) :]
            freed.add(min(standings[one] for one in circle).alert_id)
        done.update(path)
    return freed
