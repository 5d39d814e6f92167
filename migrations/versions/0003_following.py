"""What follows from activity: promises with instalments, legal deadlines, expected files and the certificates of feeds.

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Instants: with time zone on PostgreSQL; SQLite keeps UTC text.
INSTANT = sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "expectation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("cadence", sa.String(), nullable=False),
        sa.Column("day", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hour", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.CheckConstraint("cadence IN ('daily', 'weekly', 'monthly')", name=op.f("ck_expectation_cadence_known")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_expectation_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expectation")),
        sa.UniqueConstraint("agency_id", "kind", "valid_from", name=op.f("uq_expectation_agency_id_kind_valid_from")),
    )
    op.create_table(
        "feed_certificate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=True),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "level IN ('none', 'trial', 'bronze', 'silver', 'gold')", name=op.f("ck_feed_certificate_level_known")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_feed_certificate_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_certificate")),
    )
    op.create_index(op.f("ix_feed_certificate_agency_id"), "feed_certificate", ["agency_id"], unique=False)
    op.create_index(
        "uq_feed_certificate_present",
        "feed_certificate",
        ["agency_id"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )

    op.create_table(
        "expected_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("chased", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chased_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "state IN ('awaited', 'overdue', 'on_time', 'late', 'missing')", name=op.f("ck_expected_file_state_known")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_expected_file_agency_id")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_expected_file_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expected_file")),
        sa.UniqueConstraint("agency_id", "kind", "due_at", name=op.f("uq_expected_file_agency_id_kind_due_at")),
        sa.UniqueConstraint("report_id", name=op.f("uq_expected_file_report_id")),
    )
    op.create_index("ix_expected_file_due", "expected_file", ["due_at"], unique=False)

    op.create_table(
        "legal_deadline",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("citation", sa.String(), nullable=False),
        sa.Column("activity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("met_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sense", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("met_on", sa.Date(), nullable=True),
        sa.CheckConstraint("sense IN ('by', 'after')", name=op.f("ck_legal_deadline_sense_known")),
        sa.CheckConstraint(
            "state IN ('open', 'met', 'late', 'missed', 'over')", name=op.f("ck_legal_deadline_state_known")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_legal_deadline_account_id")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_legal_deadline_activity_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_legal_deadline_agency_id")),
        sa.ForeignKeyConstraint(["met_by_id"], ["activity.id"], name=op.f("fk_legal_deadline_met_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_deadline")),
        sa.UniqueConstraint("rule", "activity_id", name=op.f("uq_legal_deadline_rule_activity_id")),
    )
    op.create_index(op.f("ix_legal_deadline_account_id"), "legal_deadline", ["account_id"], unique=False)
    op.create_index(op.f("ix_legal_deadline_activity_id"), "legal_deadline", ["activity_id"], unique=False)
    op.create_index(op.f("ix_legal_deadline_agency_id"), "legal_deadline", ["agency_id"], unique=False)
    op.create_index("ix_legal_deadline_open", "legal_deadline", ["state", "day"], unique=False)

    op.create_table(
        "promise",
        sa.Column(
            "activity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("placement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("instalments", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kept", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'due', 'kept', 'broken', 'unclear')", name=op.f("ck_promise_state_known")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_promise_account_id")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_promise_activity_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_promise_agency_id")),
        sa.ForeignKeyConstraint(["placement_id"], ["placement.id"], name=op.f("fk_promise_placement_id")),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_promise")),
    )
    op.create_index("ix_promise_account", "promise", ["account_id"], unique=False)
    op.create_index("ix_promise_agency", "promise", ["agency_id", "made_on"], unique=False)
    op.create_index(op.f("ix_promise_placement_id"), "promise", ["placement_id"], unique=False)

    op.create_table(
        "instalment",
        sa.Column("promise_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'due', 'kept', 'broken', 'unclear')", name=op.f("ck_instalment_state_known")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_instalment_account_id")),
        sa.ForeignKeyConstraint(["promise_id"], ["promise.activity_id"], name=op.f("fk_instalment_promise_id")),
        sa.PrimaryKeyConstraint("promise_id", "number", name=op.f("pk_instalment")),
    )
    op.create_index("ix_instalment_account", "instalment", ["account_id"], unique=False)
    op.create_index("ix_instalment_open", "instalment", ["state", "due_on"], unique=False)


def downgrade() -> None:
    op.drop_table("instalment")
    op.drop_table("promise")
    op.drop_table("legal_deadline")
    op.drop_table("expected_file")
    op.drop_table("feed_certificate")
    op.drop_table("expectation")
