"""What can go wrong; a message says what to do about it."""


class SimulatorError(Exception):
    """Root of the simulator's errors."""


class ConfigurationError(SimulatorError):
    """Invalid settings or options."""


class InvalidFileError(SimulatorError):
    """A file to replay is not as it should be; the message names the line."""


class DeliveryAbandonedError(SimulatorError):
    """ingest-api has not taken the readings within the patience given."""
