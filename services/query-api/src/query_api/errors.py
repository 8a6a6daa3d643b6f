"""What can go wrong here, as problem types."""

from service_kit.problems import DependencyUnavailableError, ServiceError


class LakeUnavailableError(DependencyUnavailableError):
    """The metastore or HDFS does not give what is needed of the table."""

    code = "table_unavailable"
    title = "The table cannot be read"


class NotCaughtUpError(DependencyUnavailableError):
    """An answer now could hold less than an earlier one did."""

    code = "catching_up"
    title = "The service is still catching up with the table and the topic"


class OverloadedError(ServiceError):
    """More questions at once than this process takes on."""

    status = 503
    code = "overloaded"
    title = "Too many queries at once"


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
