"""The tables of this service's database. `migrations/` makes and changes them; a test compares the two."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables, and how Python's types are stored."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: sa.DateTime(timezone=True),
        str: sa.Text(),
        dict[str, Any]: JSONB(),
        list[str]: JSONB(),
        float: sa.Double(),
    }
    metadata = sa.MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )


class TopicPosition(Base):
    """The next offset of a partition to apply, written in one transaction with what the messages before it changed."""

    __tablename__ = "topic_positions"

    topic: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    topic_id: Mapped[str]
    next_offset: Mapped[int] = mapped_column(sa.BigInteger)


class AlertRow(Base):
    """One alert: its newest transition, and what people did about it."""

    __tablename__ = "alerts"

    alert_id: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(sa.BigInteger)
    rule_id: Mapped[str]
    rule_version: Mapped[int] = mapped_column(sa.BigInteger)
    kind: Mapped[str]
    severity: Mapped[str]
    sensor_id: Mapped[str]
    sensor_type: Mapped[str]
    location: Mapped[str]
    unit: Mapped[str]
    opened_at: Mapped[datetime]
    event_time: Mapped[datetime]
    last_seen: Mapped[datetime]
    count: Mapped[int] = mapped_column(sa.BigInteger)
    value: Mapped[float | None]
    peak: Mapped[float | None]
    limit: Mapped[float | None]
    score: Mapped[float | None]
    message: Mapped[str]
    reading_id: Mapped[str | None]
    cleared_at: Mapped[datetime | None]
    clear_reason: Mapped[str | None]
    superseded_by: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    snoozed_until: Mapped[datetime | None]
    snoozed_by: Mapped[str | None]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None]
    inhibited_by: Mapped[str | None]
    """The alert that speaks for this one; of one that is over, that did so when it ended."""

    __table_args__ = (
        # The stream has at most one open alert per series and rule.
        sa.Index(
            "ix_alerts_open_series",
            *("sensor_id", "sensor_type", "unit", "rule_id"),
            unique=True,
            postgresql_where=sa.text("cleared_at IS NULL AND superseded_by IS NULL"),
        ),
        sa.Index("ix_alerts_opened_at", sa.text("opened_at DESC"), sa.text("alert_id DESC")),
        sa.Index("ix_alerts_sensor", "sensor_id", sa.text("opened_at DESC")),
        sa.Index("ix_alerts_cleared", "sensor_id", "cleared_at"),
        sa.Index("ix_alerts_inhibited_by", "inhibited_by", postgresql_where=sa.text("inhibited_by IS NOT NULL")),
        sa.Index("ix_alerts_superseded_by", "superseded_by", postgresql_where=sa.text("superseded_by IS NOT NULL")),
    )


class AlertEvent(Base):
    """One event of an alert's history: a transition of the stream, or what somebody did."""

    __tablename__ = "alert_events"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    alert_id: Mapped[str] = mapped_column(sa.ForeignKey("alerts.alert_id", ondelete="CASCADE"))
    sequence: Mapped[int | None] = mapped_column(sa.BigInteger)
    """The transition's number within its alert; null for what somebody did."""
    event: Mapped[str]
    at: Mapped[datetime]
    value: Mapped[float | None]
    message: Mapped[str | None]
    by: Mapped[str | None]
    note: Mapped[str | None]

    __table_args__ = (sa.Index("ix_alert_events_sequence", "alert_id", "sequence", unique=True),)


class Silence(Base):
    """Alerts that match are shown and not notified, until a time."""

    __tablename__ = "silences"

    silence_id: Mapped[UUID] = mapped_column(primary_key=True)
    matcher: Mapped[dict[str, Any]]
    reason: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    until: Mapped[datetime] = mapped_column(index=True)


class Inhibition(Base):
    """Alerts that match `source` inhibit those that match `target` and have the same values of `equal`."""

    __tablename__ = "inhibitions"

    inhibition_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[dict[str, Any]]
    target: Mapped[dict[str, Any]]
    equal: Mapped[list[str]]
    reason: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime]


class RuleRow(Base):
    """The newest version of a rule; one that was deleted keeps its row, so that its versions go on."""

    __tablename__ = "rules"

    rule_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    definition: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class RuleVersion(Base):
    """Every version that a rule had."""

    __tablename__ = "rule_versions"

    rule_id: Mapped[str] = mapped_column(sa.ForeignKey("rules.rule_id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    definition: Mapped[dict[str, Any] | None]
    """Null: this version deleted it."""
    made_at: Mapped[datetime]


class SensorRow(Base):
    """A sensor: what its readings say of it, and what people say."""

    __tablename__ = "sensors"

    sensor_id: Mapped[str] = mapped_column(primary_key=True)
    seen_type: Mapped[str | None]
    seen_location: Mapped[str | None]
    unit: Mapped[str | None]
    first_seen: Mapped[datetime | None]
    last_seen: Mapped[datetime | None]
    last_value: Mapped[float | None]
    battery_level: Mapped[float | None]
    definition: Mapped[dict[str, Any] | None]
    """The message of the registry; null: nobody has said anything about it."""
    updated_at: Mapped[datetime | None]


class OutboxMessage(Base):
    """A Kafka message that was decided and is not acknowledged yet; deleted once it is."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    topic: Mapped[str]
    key: Mapped[str]
    value: Mapped[bytes | None]


class Webhook(Base):
    """An address that is told about alerts."""

    __tablename__ = "webhooks"

    webhook_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    url: Mapped[str]
    secret: Mapped[str]
    severities: Mapped[list[str]]
    enabled: Mapped[bool]
    created_at: Mapped[datetime]


class Delivery(Base):
    """One notification to one webhook; made in the transaction that applied its transition."""

    __tablename__ = "deliveries"

    delivery_id: Mapped[UUID] = mapped_column(primary_key=True)
    webhook_id: Mapped[UUID] = mapped_column(sa.ForeignKey("webhooks.webhook_id", ondelete="CASCADE"))
    alert_id: Mapped[str]
    sequence: Mapped[int] = mapped_column(sa.BigInteger)
    body: Mapped[str]
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_attempt_at: Mapped[datetime | None]
    """Null: delivered, given up or held back."""
    delivered_at: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]
    held_by: Mapped[str | None]
    """The alert that inhibits the one that this is about: not sent before that ends, or not at all."""

    __table_args__ = (
        sa.UniqueConstraint("webhook_id", "alert_id", "sequence"),
        sa.Index("ix_deliveries_due", "next_attempt_at", postgresql_where=sa.text("next_attempt_at IS NOT NULL")),
        sa.Index("ix_deliveries_newest", "webhook_id", sa.text("created_at DESC")),
        sa.Index("ix_deliveries_held", "alert_id", postgresql_where=sa.text("held_by IS NOT NULL")),
    )
