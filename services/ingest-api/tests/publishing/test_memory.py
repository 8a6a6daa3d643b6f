"""Buffers that come and go find the memory of those before them."""

import subprocess
import sys

COPY_BYTES = 1_500_000
COPIES = 8
TIMES = 10
# In a process of its own: the setting can't be taken back, and other tests' memory would be in the way.
SCRIPT = f"""
import resource
from ingest_api.publishing.memory import keep_freed_memory
keep_freed_memory()
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
copies = [bytes({COPY_BYTES}) for _ in range({COPIES})]
del copies
before = faults()
for _ in range({TIMES}):
    copies = [bytearray(b"x" * {COPY_BYTES}) for _ in range({COPIES // 2})]
    del copies
print(faults() - before)
"""


def test_the_copies_of_a_request_to_kafka_cost_no_new_pages() -> None:
    faults = int(subprocess.run([sys.executable, "-c", SCRIPT], check=True, stdout=subprocess.PIPE).stdout)
    assert faults < COPIES * COPY_BYTES // 4096
