"""What the page repeats of the contract, since TypeScript cannot import it, is the same there."""

import re
from pathlib import Path

from iot_contracts.alerts import LOW_BATTERY_PERCENT

STORE = Path(__file__).resolve().parents[2] / "frontend" / "src" / "store.ts"


def test_the_page_calls_a_battery_low_where_the_alerts_do() -> None:
    found = re.findall(r"LOW_BATTERY_PERCENT = (\d+)", STORE.read_text())
    assert list(map(float, found)) == [LOW_BATTERY_PERCENT]
