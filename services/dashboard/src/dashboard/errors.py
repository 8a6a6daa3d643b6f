"""What can go wrong in the dashboard."""

from service_kit.problems import RETRY_AFTER_HEADER, DependencyUnavailableError, ServiceError


class DashboardError(ServiceError):
    """Root of the dashboard's own errors."""


class HistoryUnavailableError(DashboardError, DependencyUnavailableError):
    """query-api does not answer; live values continue without it."""

    code = "history_unavailable"
    title = "History is not available"
    documented_headers = RETRY_AFTER_HEADER


class AnswerTooLargeError(DashboardError):
    """query-api's answer exceeds the size limit."""

    status = 502
    code = "answer_too_large"
    title = "The answer is too large"


class SimulatorUnavailableError(DashboardError, DependencyUnavailableError):
    """The simulator does not answer; the demo cannot control it."""

    code = "simulator_unavailable"
    title = "The simulator is not available"
    documented_headers = RETRY_AFTER_HEADER

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"Retry-After": "5"})


class NoSimulatorError(DashboardError):
    """The settings name no simulator."""

    status = 404
    code = "no_simulator"
    title = "No simulator is configured"


class OrderFormatError(DashboardError):
    """An order is not sent as JSON."""

    status = 415
    code = "unsupported_media_type"
    title = "The order's format is not supported"


class OrderTooLargeError(DashboardError):
    """An order exceeds the size limit."""

    status = 413
    code = "order_too_large"
    title = "The order is too large"


class PageNotBuiltError(DashboardError):
    """The folder with the built page is missing or incomplete."""

    status = 503
    code = "page_not_built"
    title = "The page has not been built"


class TooManyConnectionsError(DashboardError):
    """The maximum number of WebSockets is open."""

    status = 503
    code = "too_many_connections"
    title = "Too many live connections"


class KeysOffError(DashboardError):
    """Somebody signs in where no keys are asked for."""

    status = 404
    code = "keys_off"
    title = "API keys are off"
