"""Which messages a subscription wants, and which subscriptions want a message. Pure."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from dashboard.stream.topic_log import Entry
from iot_contracts.stream_requests import StreamFilter

# The first of these that a filter has is what it is found by, so the one that tells most messages apart is first.
FIELDS = ("sensor_id", "location", "sensor_type", "severity")

S = TypeVar("S", bound=Hashable)


@dataclass(frozen=True)
class Matcher:
    """A filter, ready to be compared: each field with the values that it may have."""

    conditions: tuple[tuple[str, frozenset[str]], ...]

    @classmethod
    def of(cls, wanted: StreamFilter) -> "Matcher":
        """The matcher of a filter; equal filters have equal matchers, however they were written."""
        given = ((field, getattr(wanted, field)) for field in FIELDS)
        return cls(tuple((field, frozenset(values)) for field, values in given if values))

    def matches(self, message: object) -> bool:
        """Whether the message has one of the values in every field of the filter."""
        return all(getattr(message, field, None) in values for field, values in self.conditions)

    def index_keys(self) -> list[tuple[str, str]]:
        """Field and value of which a matching message has at least one; none for a filter that matches everything."""
        if not self.conditions:
            return [_EVERYTHING]
        field, values = self.conditions[0]
        return [(field, value) for value in values]


_EVERYTHING = ("", "")


class Subscriptions(Generic[S]):
    """Who wants what of one topic. A message costs as much as there are filters that could match it."""

    def __init__(self) -> None:
        self._subscribers: defaultdict[Matcher, set[S]] = defaultdict(set)
        self._matchers: defaultdict[tuple[str, str], set[Matcher]] = defaultdict(set)

    def add(self, matcher: Matcher, subscriber: S) -> None:
        """Start a subscription."""
        self._subscribers[matcher].add(subscriber)
        for key in matcher.index_keys():
            self._matchers[key].add(matcher)

    def remove(self, matcher: Matcher, subscriber: S) -> None:
        """End a subscription; nothing is left of a filter that nobody has."""
        subscribers = self._subscribers[matcher]
        subscribers.discard(subscriber)
        if subscribers:
            return
        del self._subscribers[matcher]
        for key in matcher.index_keys():
            self._matchers[key].discard(matcher)
            if not self._matchers[key]:
                del self._matchers[key]

    def everybody(self) -> set[S]:
        """Every subscriber, whatever the filter."""
        return set().union(*self._subscribers.values())

    def matching(self, entries: Iterable[Entry]) -> list[tuple[list[Entry], Collection[S]]]:
        """For each filter that matches any of the entries: these, in their order, and who is to be sent them."""
        found: dict[Matcher, list[Entry]] = {}
        for entry in entries:
            keys = ((field, getattr(entry.message, field, "")) for field in FIELDS)
            for key in (_EVERYTHING, *keys):
                for matcher in self._matchers.get(key, ()):
                    if matcher.matches(entry.message):
                        found.setdefault(matcher, []).append(entry)
        return [(matched, self._subscribers[matcher]) for matcher, matched in found.items()]

    def __len__(self) -> int:
        return sum(len(subscribers) for subscribers in self._subscribers.values())
