"""What can go wrong in the dashboard."""

from service_kit.problems import DependencyUnavailableError, ServiceError


class DashboardError(ServiceError):
    """Root of the dashboard's own errors."""


class HistoryUnavailableError(DashboardError, DependencyUnavailableError):
    """query-api does not answer; live values go on without it."""

    code = "history_unavailable"
    title = "History is not available"


class PageNotBuiltError(DashboardError):
    """The folder with the built page is missing or incomplete."""

    status = 503
    code = "page_not_built"
    title = "The page has not been built"


class TooManyConnectionsError(DashboardError):
    """As many WebSockets are open as the settings allow."""

    status = 503
    code = "too_many_connections"
    title = "Too many live connections"
