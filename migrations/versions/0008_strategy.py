"""Strategy: versions of it, saved pools, effects and rates from scorecards; what plans and placements keep of them.

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Instants: with time zone on PostgreSQL; SQLite keeps UTC text.
INSTANT = sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")


def added() -> tuple[tuple[str, sa.Column], ...]:
    return (
        ("placement", sa.Column("treatment", sa.String(), server_default="standard", nullable=False)),
        ("plan", sa.Column("strategy_version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)),
        (
            "plan",
            sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        ),
        ("plan", sa.Column("comparison", sa.String(), nullable=True)),
        ("plan", sa.Column("forecast", sa.JSON(), server_default="{}", nullable=False)),
        ("plan", sa.Column("changes", sa.JSON(), server_default="{}", nullable=False)),
        ("plan_line", sa.Column("track", sa.String(), nullable=True)),
        ("plan_line", sa.Column("treatment", sa.String(), server_default="standard", nullable=False)),
        ("plan_line", sa.Column("side_before", sa.String(), nullable=True)),
        ("plan_line", sa.Column("side", sa.String(), nullable=True)),
    )


def upgrade() -> None:
    op.create_table(
        "saved_pool",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_pool")),
        sa.UniqueConstraint("name", name=op.f("uq_saved_pool_name")),
        sa.UniqueConstraint("ref", name=op.f("uq_saved_pool_ref")),
    )
    op.create_table(
        "segment_rate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("cell", sa.String(), nullable=False),
        sa.Column("rate", sa.Float(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_rate")),
        sa.UniqueConstraint("currency", "period", "cell", name=op.f("uq_segment_rate_currency_period_cell")),
    )
    op.create_table(
        "recovery_effect",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("theta", sa.Float(), nullable=False),
        sa.Column("sd_log", sa.Float(), nullable=False),
        sa.Column("compliance", sa.Float(), nullable=True),
        sa.Column("band", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_recovery_effect_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_effect")),
    )
    op.create_index("ix_recovery_effect_newest", "recovery_effect", ["currency", "agency_id", "period"], unique=False)

    op.create_table(
        "strategy",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("submitted_at", INSTANT, nullable=True),
        sa.Column("submitted_by", sa.String(), nullable=True),
        sa.Column("submitted_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decision_note", sa.String(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'returned')", name=op.f("ck_strategy_state_known")
        ),
        sa.ForeignKeyConstraint(["created_by_id"], ["app_user.id"], name=op.f("fk_strategy_created_by_id")),
        sa.ForeignKeyConstraint(["submitted_by_id"], ["app_user.id"], name=op.f("fk_strategy_submitted_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strategy")),
        sa.UniqueConstraint("version", name=op.f("uq_strategy_version")),
    )
    for table, column in added():
        op.add_column(table, column)


def downgrade() -> None:
    for table, column in reversed(added()):
        op.drop_column(table, column.name)
    op.drop_table("strategy")
    op.drop_index("ix_recovery_effect_newest", table_name="recovery_effect")
    op.drop_table("recovery_effect")
    op.drop_table("segment_rate")
    op.drop_table("saved_pool")
