"""What a format makes of one item of a request. Pure."""

from msgspec import ValidationError

from iot_contracts.problems import ItemError
from iot_contracts.readings import SubmittedReading
from iot_domain.reading_files.faults import ItemFaultError, fault_of

Candidate = SubmittedReading | ItemError
"""A reading, or why the item is none. Its place in the list is its index."""


def item_error(index: int, fault: ItemFaultError) -> ItemError:
    """The error that the answer lists for item `index`."""
    return ItemError(index=index, pointer=fault.pointer, code=fault.code, detail=fault.detail)


def rejection(index: int, error: ValidationError) -> ItemError:
    """The same for what msgspec says of item `index`, decoded by itself."""
    return item_error(index, fault_of(error))
