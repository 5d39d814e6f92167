"""What registers and sanctions lists said of agencies, watched names, adverse events

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Instants: with time zone on PostgreSQL; SQLite keeps UTC text.
INSTANT = sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "complaint_month",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("company", sa.String(), nullable=False),
        sa.Column("complaints", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_month")),
        sa.UniqueConstraint("month", "company", name=op.f("uq_complaint_month_month_company")),
    )
    op.create_table(
        "register_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("register", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_register_entry_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_entry")),
        sa.UniqueConstraint("agency_id", "register", name=op.f("uq_register_entry_agency_id_register")),
    )
    op.create_table(
        "watched_name",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.CheckConstraint("kind IN ('company', 'person')", name=op.f("ck_watched_name_kind_known")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_watched_name_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watched_name")),
        sa.UniqueConstraint("agency_id", "kind", "name", name=op.f("uq_watched_name_agency_id_kind_name")),
    )
    op.create_table(
        "adverse_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("acknowledged_at", INSTANT, nullable=True),
        sa.Column("acknowledged_by", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('news', 'enforcement', 'litigation', 'other')", name=op.f("ck_adverse_event_kind_known")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_adverse_event_agency_id")),
        sa.ForeignKeyConstraint(["evidence_id"], ["stored_file.id"], name=op.f("fk_adverse_event_evidence_id")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["app_user.id"], name=op.f("fk_adverse_event_entered_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adverse_event")),
        sa.UniqueConstraint("ref", name=op.f("uq_adverse_event_ref")),
    )
    with op.batch_alter_table("adverse_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_adverse_event_agency_id"), ["agency_id"], unique=False)

    op.create_table(
        "outside_complaint",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("complaint", sa.String(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("issue", sa.String(), nullable=False),
        sa.Column("sub_issue", sa.String(), nullable=False),
        sa.Column("sub_product", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("response", sa.String(), nullable=False),
        sa.Column("timely", sa.Boolean(), nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("acknowledged_at", INSTANT, nullable=True),
        sa.Column("acknowledged_by", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_outside_complaint_agency_id")),
        sa.ForeignKeyConstraint(["evidence_id"], ["stored_file.id"], name=op.f("fk_outside_complaint_evidence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_complaint")),
        sa.UniqueConstraint("agency_id", "complaint", name=op.f("uq_outside_complaint_agency_id_complaint")),
    )
    with op.batch_alter_table("outside_complaint", schema=None) as batch_op:
        batch_op.create_index("ix_outside_complaint_day", ["agency_id", "received_on"], unique=False)

    op.create_table(
        "screening_hit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("watched_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("list_name", sa.String(), nullable=False),
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column("matched", sa.String(), nullable=False),
        sa.Column("score", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry_kind", sa.String(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("remarks", sa.String(), nullable=False),
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'same', 'other')", name=op.f("ck_screening_hit_state_known")),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_screening_hit_score_is_a_percentage")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_screening_hit_agency_id")),
        sa.ForeignKeyConstraint(["evidence_id"], ["stored_file.id"], name=op.f("fk_screening_hit_evidence_id")),
        sa.ForeignKeyConstraint(["watched_id"], ["watched_name.id"], name=op.f("fk_screening_hit_watched_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screening_hit")),
        sa.UniqueConstraint("ref", name=op.f("uq_screening_hit_ref")),
        sa.UniqueConstraint(
            "watched_id", "list_name", "entry", name=op.f("uq_screening_hit_watched_id_list_name_entry")
        ),
    )
    with op.batch_alter_table("screening_hit", schema=None) as batch_op:
        batch_op.create_index("ix_screening_hit_agency", ["agency_id", "state"], unique=False)

    op.create_table(
        "screening_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("list_name", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("entries", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("names", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last_name_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hits", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["evidence_id"], ["stored_file.id"], name=op.f("fk_screening_run_evidence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screening_run")),
    )
    with op.batch_alter_table("screening_run", schema=None) as batch_op:
        batch_op.create_index("ix_screening_run_latest", ["list_name", "id"], unique=False)

    op.create_table(
        "register_answer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("register", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("credential_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("bearing", sa.String(), nullable=True),
        sa.Column("statement", sa.JSON(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("error_detail", sa.String(), nullable=False),
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=True),
        sa.Column("seen_by", sa.String(), nullable=True),
        sa.CheckConstraint("verdict IN ('noted', 'ended', 'holds')", name=op.f("ck_register_answer_verdict_known")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_register_answer_agency_id")),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("fk_register_answer_credential_id")),
        sa.ForeignKeyConstraint(["evidence_id"], ["stored_file.id"], name=op.f("fk_register_answer_evidence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_answer")),
        sa.UniqueConstraint("ref", name=op.f("uq_register_answer_ref")),
    )
    with op.batch_alter_table("register_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_register_answer_credential_id"), ["credential_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_register_answer_evidence_id"), ["evidence_id"], unique=False)
        batch_op.create_index("ix_register_answer_latest", ["agency_id", "register", "number", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("register_answer", schema=None) as batch_op:
        batch_op.drop_index("ix_register_answer_latest")
        batch_op.drop_index(batch_op.f("ix_register_answer_evidence_id"))
        batch_op.drop_index(batch_op.f("ix_register_answer_credential_id"))

    op.drop_table("register_answer")
    with op.batch_alter_table("screening_run", schema=None) as batch_op:
        batch_op.drop_index("ix_screening_run_latest")

    op.drop_table("screening_run")
    with op.batch_alter_table("screening_hit", schema=None) as batch_op:
        batch_op.drop_index("ix_screening_hit_agency")

    op.drop_table("screening_hit")
    with op.batch_alter_table("outside_complaint", schema=None) as batch_op:
        batch_op.drop_index("ix_outside_complaint_day")

    op.drop_table("outside_complaint")
    with op.batch_alter_table("adverse_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_adverse_event_agency_id"))

    op.drop_table("adverse_event")
    op.drop_table("watched_name")
    op.drop_table("register_entry")
    op.drop_table("complaint_month")
