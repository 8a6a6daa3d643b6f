"""`python -m audit`: gather, judge, report; exit code 0 when every promise is kept, 1 otherwise."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from aiokafka.errors import KafkaError
from thrift.Thrift import TException

from audit import events
from audit.answers import NoAnswerError
from audit.gather import gather
from audit.messages import ReaderFailedError
from audit.options import parse
from invariants.accounts import accounts
from invariants.registry import check_all


def main(arguments: Sequence[str]) -> int:
    """Run one audit."""
    try:
        evidence = gather(parse(arguments))
    except KafkaError as error:
        return _fail("kafka", repr(error))
    except TException as error:
        return _fail("metastore", str(error))
    except NoAnswerError as error:
        return _fail("query-api", str(error))
    except ReaderFailedError as error:
        return _fail("kafka", str(error))
    except Exception as error:  # hdfs-native and pyiceberg raise RuntimeError, OSError and more
        return _fail("audit", f"{type(error).__name__}: {error}")
    violations = check_all(evidence)
    events.report(accounts(evidence.ledger), violations)
    return 1 if violations else 0


def _fail(part: str, why: str) -> int:
    events.failed(part, why)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
