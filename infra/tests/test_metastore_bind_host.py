"""The metastore's one class is changed where it chooses its address, and nowhere else."""

import struct

import pytest

from components.metastore_bind_host import with_bind_host
from stack.errors import IotctlError

CHOICE = bytes.fromhex("2ac6000a2ab6003299000f")
REST = bytes.fromhex("bb0033")


def class_file(code: bytes) -> bytes:
    """A head, a constant pool with a text, a long (two slots) and a class, then code."""
    text = b"\x01" + struct.pack(">H", 5) + b"hello"
    long = b"\x05" + b"\0" * 8
    klass = b"\x07\x00\x01"
    return b"\xca\xfe\xba\xbe\0\0\0\x34" + struct.pack(">H", 5) + text + long + klass + b"\0\x21" + code


def test_the_host_becomes_a_constant_that_the_code_loads() -> None:
    changed = with_bind_host(class_file(CHOICE + REST), "127.0.0.1")
    assert struct.unpack_from(">H", changed, 8) == (7,)
    assert b"\x01\x00\x09127.0.0.1\x08\x00\x05" in changed
    # ldc_w #6, astore_0, iconst_1, ifne +18, nop nop nop
    assert changed.endswith(bytes.fromhex("1300064b049a0012000000") + REST)


def test_nothing_else_changes() -> None:
    original = class_file(CHOICE + REST)
    changed = with_bind_host(original, "10.0.0.1")
    pool_end = original.index(b"\0\x21" + CHOICE)
    assert changed[10:pool_end] == original[10:pool_end]
    assert len(changed) == len(original) + (3 + len("10.0.0.1")) + 3


def test_another_version_s_class_is_refused() -> None:
    with pytest.raises(IotctlError, match=r"not the one of 3\.1\.3"):
        with_bind_host(class_file(REST), "127.0.0.1")
