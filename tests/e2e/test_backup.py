"""A backup is the whole stack: what is restored goes on exactly where the first one stopped."""

from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from support.counting import READINGS, post_readings, wait_for_count
from support.own_stack import own_stack


@pytest.mark.timeout(900)
async def test_a_restored_stack_has_everything_and_goes_on(http: httpx.AsyncClient, tmp_path: Path) -> None:
    sensor_id, file = f"BACKUP_{uuid4().hex[:8]}", tmp_path / "stack.tar"
    with own_stack("backup") as first:
        first.up()
        await post_readings(first, http, sensor_id)
        await wait_for_count(first, http, sensor_id, READINGS, source="table")
        # Of these the table may have none yet: the backup holds them in Kafka.
        await post_readings(first, http, sensor_id)
        first.make("backup", deadline_s=600, FILE=str(file))
        await wait_for_count(first, http, sensor_id, 2 * READINGS)
        assert file.stat().st_mode & 0o077 == 0
    # Other ports: what was stored names none.
    with own_stack("restored", port_offset=4000) as second:
        second.make("restore", FILE=str(file))
        second.up()
        await wait_for_count(second, http, sensor_id, 2 * READINGS)
        await post_readings(second, http, sensor_id)
        await wait_for_count(second, http, sensor_id, 3 * READINGS, source="table")
        report = second.audit()
        assert report.get("violations") == [], report
        assert sum(account["received"] for account in report["accounts"]) == 3 * READINGS
