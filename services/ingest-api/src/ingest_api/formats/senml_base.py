"""The base fields of a SenML pack, which hold for the records after the one that sets them. Pure."""

from collections import Counter
from decimal import Decimal

import msgspec
from msgspec import UNSET, Struct, structs

from ingest_api.errors import MalformedBodyError
from ingest_api.formats.senml_labels import BASE_LABELS, Record, decode_record, labels_of
from iot_contracts.problems import ItemError
from iot_domain.reading_files.json_items import flattened, pointer_and_shown

MAX_VERSION = 10
"""RFC 8428 is version 10, and a pack's that names none."""

_by_label = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encoder = msgspec.json.Encoder()


class Base(Struct, frozen=True):
    """The base fields in force; those that a record set to what can't be read are `unknown`.

    There is no `bver` before a record has told it, be it by leaving it out.
    """

    bn: str = ""
    bt: Decimal = Decimal(0)
    bu: str | None = None
    bv: float = 0.0
    bver: int | None = None
    unknown: frozenset[str] = frozenset()

    def updated(self, record: Record) -> "Base":
        """With those that `record` sets, for it and the records after it.

        Raises MalformedBodyError for a version that is not known here: then the pack must not be used.
        """
        changes = {label: value for label in BASE_LABELS if (value := getattr(record, label)) is not UNSET}
        if not changes and self.bver is not None:
            return self
        if record.bver is not UNSET and record.bver > MAX_VERSION:
            raise MalformedBodyError(f"SenML version {record.bver} is not known; send version {MAX_VERSION} or less")
        changes.pop("bs", None)
        unknown = self.unknown.difference(changes)
        version = self.bver or (None if "bver" in unknown else MAX_VERSION)
        return structs.replace(self, **{"bver": version, "unknown": unknown} | changes)

    def contradiction(self, index: int, record: Record) -> ItemError | None:
        """The error for a record of another version than the pack's: RFC 8428 section 4.4 wants one."""
        if record.bver is UNSET or self.bver in (None, record.bver) or record.bver > MAX_VERSION:
            return None
        detail = f"The pack is of version {self.bver}, and all its records must be; leave it out"
        return ItemError(index=index, pointer="/bver", code="invalid_field", detail=detail)

    def unknown_to(self, index: int, record: Record) -> ItemError | None:
        """The error for a record that would be another one without a base field that is unknown."""
        for label in sorted(self.unknown):
            if (label == "bu" and record.u is not UNSET) or (label == "bv" and record.v is UNSET):
                continue
            pointer, shown = pointer_and_shown(label)
            detail = f"Depends on {shown}, which an earlier record that was refused has set; set it again"
            return ItemError(index=index, pointer=pointer, code="unknown_base", detail=detail)
        return None


def base_after_refusal(base: Base, raw: msgspec.Raw | bytes) -> Base:
    """The base fields after a record that was refused: those that it sets hold, or are unknown from there on.

    Raises MalformedBodyError as `Base.updated` does.
    """
    try:
        labels, texts = _labels_and_texts(raw)
    except RecursionError:
        labels, texts = _labels_and_texts(flattened(bytes(raw)))
    if not labels:
        return base
    sound = [label for label in BASE_LABELS if labels[label] == 1 and _is_sound(base, label, texts[label])]
    record = _record({label: texts[label] for label in sound})
    unknown = base.unknown.union(label for label in BASE_LABELS if label in labels and label != "bs")
    # No record sets an extension so that it is known, so one of them says it for all.
    if not any(map(_is_extension, unknown)):
        unknown = unknown.union([label for label in labels if _is_extension(label)][:1])
    return structs.replace(base, unknown=unknown).updated(record)


def _labels_and_texts(raw: msgspec.Raw | bytes) -> tuple[Counter[str], dict[str, msgspec.Raw]]:
    labels = Counter(labels_of(raw))
    return labels, _by_label.decode(raw) if labels else {}


def _is_extension(label: str) -> bool:
    return label.startswith("b") and label.endswith("_")


def _is_sound(base: Base, label: str, text: msgspec.Raw) -> bool:
    try:
        return base.contradiction(0, _record({label: text})) is None
    except msgspec.ValidationError:
        return False


def _record(texts: dict[str, msgspec.Raw]) -> Record:
    return decode_record(_encoder.encode(texts))
