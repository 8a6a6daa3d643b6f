"""What can go wrong here, as problem types."""

from typing import Any, Final

from service_kit.problems import (
    RETRY_AFTER_HEADER,
    DependencyUnavailableError,
    InvalidRequestError,
    ServiceError,
    problem_responses,
)


class TableUnavailableError(DependencyUnavailableError):
    """The metastore or HDFS does not give what is needed of the table."""

    code = "table_unavailable"
    title = "The table cannot be read"


class NotCaughtUpError(DependencyUnavailableError):
    """An answer now could hold less than an earlier one did."""

    code = "catching_up"
    title = "The service is still catching up with the table and the topic"
    documented_headers = RETRY_AFTER_HEADER


class DatabaseUnavailableError(DependencyUnavailableError):
    """PostgreSQL does not answer; what needs no database is answered meanwhile."""

    code = "database_unavailable"
    title = "The database is unavailable"
    documented_headers = RETRY_AFTER_HEADER


class NotFoundError(ServiceError):
    """What the address names does not exist."""

    status = 404
    code = "not_found"
    title = "Not found"


class SnapshotNotFoundError(ServiceError):
    """The table does not keep the snapshot that `as_of` names."""

    status = 404
    code = "snapshot_not_found"
    title = "There is no such snapshot"


class BodyTooLargeError(ServiceError):
    """The request's body is longer than what is taken at once."""

    status = 413
    code = "body_too_large"
    title = "The body is too large"


class ConflictError(ServiceError):
    """The request does not fit what is there now."""

    status = 409
    code = "conflict"
    title = "The request conflicts with the current state"


class OverloadedError(ServiceError):
    """More questions at once than this process takes on."""

    status = 503
    code = "overloaded"
    title = "Too many queries at once"
    documented_headers = RETRY_AFTER_HEADER


class QueryTimeoutError(ServiceError):
    """The query ran longer than allowed."""

    status = 503
    code = "query_timeout"
    title = "The query took too long"


class QueryTooLargeError(ServiceError):
    """The query needs more memory or local disk than allowed."""

    status = 422
    code = "query_too_large"
    title = "The query needs more than this service may use"


class InvalidParameterError(ServiceError):
    """A named query does not have this parameter, or its value is not of its type."""

    status = 422
    code = "invalid_parameter"
    title = "A parameter is not understood"


class SqlError(ServiceError):
    """The engine does not understand the statement, or it fails."""

    status = 422
    code = "sql_error"
    title = "The statement failed"


class SqlRefusedError(ServiceError):
    """The statement is not one that only reads what may be read."""

    status = 422
    code = "sql_refused"
    title = "The statement is refused"


PROBLEMS: Final[dict[int | str, dict[str, Any]]] = problem_responses(
    InvalidRequestError,
    SnapshotNotFoundError,
    QueryTooLargeError,
    NotCaughtUpError,
    OverloadedError,
    QueryTimeoutError,
    TableUnavailableError,
)
"""What addresses that ask an engine may answer with."""

EXPORT_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = problem_responses(
    InvalidRequestError,
    NotFoundError,
    SnapshotNotFoundError,
    ConflictError,
    QueryTooLargeError,
    NotCaughtUpError,
    OverloadedError,
    TableUnavailableError,
)
"""What addresses of exports may answer with."""

SQL_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = problem_responses(
    InvalidRequestError,
    NotFoundError,
    InvalidParameterError,
    QueryTooLargeError,
    SqlError,
    SqlRefusedError,
    NotCaughtUpError,
    OverloadedError,
    QueryTimeoutError,
    TableUnavailableError,
)
"""What addresses that run SQL may answer with."""

DATABASE_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = problem_responses(
    InvalidRequestError, NotFoundError, ConflictError, BodyTooLargeError, DatabaseUnavailableError
)
"""What addresses of the database may answer with."""
