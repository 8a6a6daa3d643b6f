"""With real processes on one file: what worker processes share."""

import subprocess
import sys
from pathlib import Path

from iot_contracts.api_keys import RateLimit
from service_kit.access.quotas import SLOTS_PER_SET, SharedQuotas

TAKES_80 = """
import sys
from pathlib import Path
from service_kit.access.quotas import SharedQuotas
from iot_contracts.api_keys import RateLimit

limit = RateLimit(requests=100, window_s=3600)
with SharedQuotas(Path(sys.argv[1]), sets=4, clock=lambda: 1.0) as quotas:
    print(sum(quotas.acquire("key", limit).granted for _ in range(80)))
"""


def test_a_limit_holds_over_processes_exactly(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TAKES_80, str(tmp_path / "limits")]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    assert sum(int(worker.communicate(timeout=30)[0]) for worker in workers) == 100


def test_keys_have_buckets_of_their_own(tmp_path: Path) -> None:
    once = RateLimit(requests=1, window_s=3600)
    with SharedQuotas(tmp_path / "limits", sets=64) as quotas:
        names = [f"key {number}" for number in range(64)]
        assert all(quotas.acquire(name, once).granted for name in names)
        assert not any(quotas.acquire(name, once).granted for name in names)


def test_a_bucket_fills_again_by_the_clock(tmp_path: Path) -> None:
    now = 5.0
    with SharedQuotas(tmp_path / "limits", sets=1, clock=lambda: now) as quotas:
        limit = RateLimit(requests=1, window_s=10)
        assert [quotas.acquire("key", limit).granted for _ in range(2)] == [True, False]
        now = 15.0
        assert quotas.acquire("key", limit).granted


def test_in_a_full_set_the_bucket_used_longest_ago_gives_way(tmp_path: Path) -> None:
    now = 1.0
    once = RateLimit(requests=1, window_s=3600)
    with SharedQuotas(tmp_path / "limits", sets=1, clock=lambda: now) as quotas:
        for number in range(SLOTS_PER_SET + 1):
            now += 1
            quotas.acquire(f"key {number}", once)
        assert not quotas.acquire("key 1", once).granted
        assert quotas.acquire("key 0", once).granted
