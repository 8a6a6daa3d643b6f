"""What a caller of the control API can get wrong, as problem types."""

from service_kit.problems import ServiceError


class NoSuchSensorError(ServiceError):
    """A fault is to strike sensors that the fleet hasn't."""

    status = 422
    code = "no_such_sensor"
    title = "No sensor of the fleet is meant"


class NotRunningError(ServiceError):
    """A fault is to strike sensors that don't measure."""

    status = 409
    code = "not_running"
    title = "The fleet does not run"
