"""A frame together with its JSON text, so that it is encoded once for all connections. Pure."""

from dataclasses import dataclass
from typing import Self

import msgspec

from iot_contracts.live_frames import AlertsFrame, AnomaliesFrame, LiveFrame, ReadingsFrame, SnapshotFrame, WindowsFrame

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """`items` is how many readings, alerts, anomalies or windows the frame holds."""

    frame: LiveFrame
    text: str
    items: int

    @classmethod
    def of(cls, frame: LiveFrame) -> Self:
        """Encode `frame`."""
        return cls(frame, _encoder.encode(frame).decode(), _items(frame))


def _items(frame: LiveFrame) -> int:
    match frame:
        case ReadingsFrame():
            return len(frame.readings)
        case AlertsFrame():
            return len(frame.alerts)
        case AnomaliesFrame():
            return len(frame.anomalies)
        case WindowsFrame():
            return len(frame.windows)
        case SnapshotFrame():
            return len(frame.readings) + len(frame.alerts) + len(frame.anomalies) + len(frame.windows)
        case _:
            return 1
