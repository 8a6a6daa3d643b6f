"""What a caller of the control API can get wrong, as problem types."""

from service_kit.problems import ServiceError


class NoSuchSensorError(ServiceError):
    """No sensor of the fleet matches what a fault names."""

    status = 422
    code = "no_such_sensor"
    title = "No sensor matches"


class NotRunningError(ServiceError):
    """A fault cannot strike while the fleet is stopped."""

    status = 409
    code = "not_running"
    title = "The fleet is stopped"
