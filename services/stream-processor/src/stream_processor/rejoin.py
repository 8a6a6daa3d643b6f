"""How a topic that was made anew or cut goes on where the table ends. Pure.

Its messages below the table's offsets would count as stored, so the log is filled up to those offsets with messages of
no content, and what it held below them is sent again, past them. A copy is the same reading by its identity.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from iot_contracts.tables import FilledFrom
from service_kit.kafka_log import TopicLog
from stream_processor.offsets import Offsets


@dataclass(frozen=True)
class Rejoin:
    """By partition: `copies` the offsets [from, to) to send again, `fillers` how many messages to put before them."""

    copies: Mapping[int, tuple[int, int]]
    fillers: Mapping[int, int]


def plan_rejoin(border: Offsets, filled_from: FilledFrom | None, log: TopicLog) -> Rejoin:
    """What makes `log` go on at `border`.

    Of a log that was cut, what is older than the cut is in the table; of any other one nothing is known: all is copied.
    """
    same_topic = filled_from is not None and filled_from.topic_id == log.topic_id
    copies, fillers = {}, {}
    for partition, offset in border.items():
        start, end = log.starts.get(partition, 0), log.ends.get(partition, 0)
        cut = log.epoch_ends.get(partition, -1) if same_topic else -1
        first = max(start, cut)
        if first < offset:
            copies[partition] = (first, offset)
        if end < offset:
            fillers[partition] = offset - end
    return Rejoin(copies, fillers)
