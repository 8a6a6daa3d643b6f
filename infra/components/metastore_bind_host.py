"""Makes the Hive metastore listen on one address.

Metastore 3.1.3 has no setting for it: `HiveMetaStore` asks `SecurityUtils.getServerSocket(null, port)`, which listens
on every address of the machine, without any authentication (4.0 has `metastore.thrift.bind.host`, but Spark's client
cannot talk to 4.0). No compiler is at hand either, so a copy of that one class, whose method takes the address from a
constant, goes in front of the class path. The original is pinned by SHA-256 in jars.lock, so this always meets the
same bytes, and says so when it does not.
"""

from __future__ import annotations

import re
import struct
import zipfile
from pathlib import Path

from stack.errors import IotctlError
from stack.paths import JARS

CLASS = "org/apache/hadoop/hive/metastore/utils/SecurityUtils.class"
JAR = JARS / "hive-metastore" / "lib" / "hive-standalone-metastore-3.1.3.jar"

# if (host == null || host.isEmpty()) goto 11 (any address), else goto 23 (that host)
_CHOICE = re.compile(rb"\x2a\xc6\x00\x0a\x2a\xb6..\x99\x00\x0f(?=\xbb)", re.DOTALL)
_CONSTANT_UTF8, _CONSTANT_STRING = 1, 8
# Bytes after the tag of every kind of constant, by tag; UTF-8 constants carry their own length.
_CONSTANT_SIZES = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 18: 4}
_TAKES_TWO_SLOTS = (5, 6)
_POOL_START = 10


def install(folder: Path, host: str) -> None:
    """Write the changed class into a folder for the front of the class path."""
    with zipfile.ZipFile(JAR) as jar:
        changed = with_bind_host(jar.read(CLASS), host)
    target = folder / CLASS
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(changed)


def with_bind_host(class_file: bytes, host: str) -> bytes:
    """Return the class with `host` in place of whatever `getServerSocket` is given."""
    (count,) = struct.unpack_from(">H", class_file, _POOL_START - 2)
    end = _pool_end(class_file, count)
    text = host.encode()
    constants = struct.pack(">BH", _CONSTANT_UTF8, len(text)) + text + struct.pack(">BH", _CONSTANT_STRING, count)
    changed, replaced = _CHOICE.subn(_always(count + 1), class_file[end:])
    if replaced != 1:
        raise IotctlError("metastore", f"{CLASS} is not the one of 3.1.3", "see the pinned version in infra/jars/hive")
    head = class_file[: _POOL_START - 2] + struct.pack(">H", count + 2) + class_file[_POOL_START:end]
    return head + constants + changed


def _always(string_index: int) -> bytes:
    """Return code of the same length: host = constant; if (1 != 0) goto 23; nothing."""
    code = struct.pack(">BHBBBh", 0x13, string_index, 0x4B, 0x04, 0x9A, 23 - 5) + b"\x00" * 3
    return code.replace(b"\\", b"\\\\")


def _pool_end(class_file: bytes, count: int) -> int:
    position, index = _POOL_START, 1
    while index < count:
        tag = class_file[position]
        if tag == _CONSTANT_UTF8:
            position += 3 + struct.unpack_from(">H", class_file, position + 1)[0]
        else:
            position += 1 + _CONSTANT_SIZES[tag]
        index += 2 if tag in _TAKES_TWO_SLOTS else 1
    return position
