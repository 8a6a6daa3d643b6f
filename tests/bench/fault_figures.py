"""How well alarms meet faults. Pure."""

from dataclasses import dataclass

import numpy as np

from bench.vus import segments

GRACE_ROWS = 600
"""After a fault's end an alarm still belongs to it: what comes back to normal is no less sudden than what left it."""
SAME_ALARM_ROWS = 150
"""Alarms nearer than that are one for a person: five minutes of readings every two seconds."""


@dataclass
class Tally:
    """What was counted over some feeds of one kind of fault."""

    true_positives: int = 0
    false_positives: int = 0
    missed: int = 0
    faults: int = 0
    found: int = 0
    false_alarms: int = 0
    days: float = 0.0

    def add(self, alarms: np.ndarray, all_alarms: np.ndarray, is_fault: np.ndarray, days: float) -> None:
        """Count one sensor's feed: `alarms` for a reason that fits the fault against it, any others as false alarms."""
        self.true_positives += int((alarms & is_fault).sum())
        self.false_positives += int((alarms & ~is_fault).sum())
        self.missed += int((~alarms & is_fault).sum())
        near = is_fault.copy()
        for start, end in segments(is_fault):
            self.faults += 1
            self.found += bool(alarms[start:end].any())
            if end - start > 3:
                near[end : end + GRACE_ROWS] = True
        self.false_alarms += events(all_alarms & ~near)
        self.days += days

    def figures(self) -> dict[str, float]:
        """F1 over readings, recall over episodes, false alarms a sensor and day."""
        wrong = self.false_positives + self.missed
        return {
            "f1": round(2 * self.true_positives / max(1, 2 * self.true_positives + wrong), 4),
            "recall": round(self.found / max(1, self.faults), 3),
            "faults": self.faults,
            "false_alarms_a_day": round(self.false_alarms / self.days, 2),
        }


def events(alarms: np.ndarray) -> int:
    """Alarms as a person counts them."""
    count, last = 0, -SAME_ALARM_ROWS - 1
    for start, end in segments(alarms):
        count += start - last > SAME_ALARM_ROWS
        last = end
    return count
