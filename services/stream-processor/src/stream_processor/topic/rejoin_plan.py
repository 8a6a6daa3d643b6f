"""How a topic that was made anew or cut goes on where the table ends. Pure.

Its messages below the table's offsets would count as stored, so the log is filled up to those offsets with messages of
no content, and what it held below them is sent again, past them. A copy is the same reading by its identity.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from iot_contracts.tables import FilledFrom
from service_kit.kafka_log import TopicLog
from stream_processor.tables.offsets import Offsets


@dataclass(frozen=True)
class Rejoin:
    """By partition: `copies` the offsets [from, to) to send again, `fillers` how many messages to put before them."""

    copies: Mapping[int, tuple[int, int]]
    fillers: Mapping[int, int]


def plan_rejoin(committed_offsets: Offsets, filled_from: FilledFrom | None, log: TopicLog) -> Rejoin:
    """What makes `log` go on at `committed_offsets`; its `since` is of the time of the table's newest commit.

    Of a log that was cut, what is older than the cut is in the table. Of an older copy of the log, and of one that may
    be the table's own, what came before the newest commit is: sent again, it would be stored twice once the ids are no
    longer remembered. Of a topic made anew all is new.
    """
    is_another = filled_from is not None and filled_from.topic_id != log.topic_id
    copies, fillers = {}, {}
    for partition, offset in committed_offsets.items():
        first, end = log.starts.get(partition, 0), log.ends.get(partition, 0)
        if not is_another:
            cut, young = log.epoch_ends.get(partition, -1), log.since.get(partition, first)
            # A copy's own epochs may have the numbers of those that the table remembers: the earlier of both.
            first = max(first, min(cut, young) if cut >= 0 else young)
        if first < offset:
            copies[partition] = (first, offset)
        if end < offset:
            fillers[partition] = offset - end
    return Rejoin(copies, fillers)
