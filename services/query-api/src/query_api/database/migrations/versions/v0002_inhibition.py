"""Inhibitions, with the default ones, what they inhibit, and what is held back of it."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

VALUES = ["threshold", "rate_of_change", "stuck", "detector"]
SERIES = ["sensor_id", "sensor_type"]
DEFAULTS = (
    (
        {"kind": VALUES, "severity": ["high"]},
        {"kind": VALUES, "severity": ["medium", "low"]},
        SERIES,
        "a more severe alert about the same values",
    ),
    (
        {"kind": VALUES, "severity": ["medium"]},
        {"kind": VALUES, "severity": ["low"]},
        SERIES,
        "a more severe alert about the same values",
    ),
    (
        {"kind": ["threshold"]},
        {"kind": ["detector"]},
        [*SERIES, "severity"],
        "a limit that was crossed says more than a score",
    ),
    (
        {"kind": ["battery"], "severity": ["high"]},
        {"kind": ["battery"], "severity": ["medium", "low"]},
        ["sensor_id"],
        "a more severe alert about the same battery",
    ),
    (
        {"kind": ["battery"], "severity": ["medium"]},
        {"kind": ["battery"], "severity": ["low"]},
        ["sensor_id"],
        "a more severe alert about the same battery",
    ),
    (
        {"kind": ["no_data"]},
        {"kind": ["missing"]},
        ["sensor_id"],
        "a sensor without data is missing too",
    ),
    (
        {"kind": ["no_data", "missing"]},
        {"kind": ["battery"]},
        ["sensor_id"],
        "a silent sensor says nothing of its battery any more",
    ),
)


def upgrade() -> None:
    """Make them."""
    inhibitions = op.create_table(
        "inhibitions",
        sa.Column("inhibition_id", sa.Uuid(), nullable=False),
        sa.Column("source", postgresql.JSONB(), nullable=False),
        sa.Column("target", postgresql.JSONB(), nullable=False),
        sa.Column("equal", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("inhibition_id", name=op.f("pk_inhibitions")),
    )
    op.bulk_insert(
        inhibitions,
        [
            {
                "inhibition_id": uuid5(NAMESPACE_URL, f"inhibition/{number}"),
                "source": source,
                "target": target,
                "equal": equal,
                "reason": reason,
                "created_by": "default",
                "created_at": datetime.now(UTC),
            }
            for number, (source, target, equal, reason) in enumerate(DEFAULTS)
        ],
    )
    op.add_column("alerts", sa.Column("inhibited_by", sa.Text(), nullable=True))
    op.create_index("ix_alerts_cleared", "alerts", ["sensor_id", "cleared_at"])
    for column in ("inhibited_by", "superseded_by"):
        op.create_index(f"ix_alerts_{column}", "alerts", [column], postgresql_where=sa.text(f"{column} IS NOT NULL"))
    op.add_column("deliveries", sa.Column("held_by", sa.Text(), nullable=True))
    op.create_index("ix_deliveries_held", "deliveries", ["alert_id"], postgresql_where=sa.text("held_by IS NOT NULL"))
