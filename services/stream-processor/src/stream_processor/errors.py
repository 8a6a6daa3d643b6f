"""What can go wrong in the job. Each message says what an operator can do about it."""

from service_kit.problems import DependencyUnavailableError, ServiceError


class StreamProcessorError(ServiceError):
    """Root of the job's own errors."""


class JarsMissingError(StreamProcessorError):
    """A connector that Spark needs is in no jar of the configured folder."""

    code = "jars_missing"
    title = "Spark's connectors are missing"


class CheckpointAheadOfTableError(StreamProcessorError):
    """The checkpoint says that messages were stored which the table does not have."""

    code = "checkpoint_ahead_of_table"
    title = "The checkpoint and the table do not belong together"


class SourceTopicError(StreamProcessorError):
    """The topic is not the one that the table was filled from, or has lost what the table was filled from."""

    code = "source_topic_changed"
    title = "The topic and the table do not belong together"


class MigrationError(StreamProcessorError):
    """A table that is there can't become what the contract says."""

    code = "table_migration"
    title = "The table and the contract do not fit"


class TableLostError(StreamProcessorError):
    """The files of a table are there, but the metastore does not know it."""

    code = "table_lost"
    title = "The metastore and the files do not belong together"


class RulesUnavailableError(DependencyUnavailableError):
    """The alert rules were not read from Kafka yet."""

    code = "rules_unavailable"
    title = "The alert rules are not known"


class JobNotRunningError(DependencyUnavailableError):
    """The Spark session is not there yet, or no longer."""

    code = "job_not_running"
    title = "The streaming job is not running"
