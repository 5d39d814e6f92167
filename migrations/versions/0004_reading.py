"""Reports are read by their sender's mapping and say what was masked; lanes of work take turns; an opt-out is a hold.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
HOLDS = (
    "dispute", "cease", "attorney", "hardship", "bankruptcy", "deceased", "litigation", "fraud", "identity_theft", "military", "moratorium",
    "licence",
)  # fmt: skip


def allow_holds(*kinds: str) -> None:
    """Change which kinds of hold the database takes; SQLite writes the table anew."""
    with op.batch_alter_table("hold") as batch:
        batch.drop_constraint(op.f("ck_hold_kind_known"), type_="check")
        batch.create_check_constraint(op.f("ck_hold_kind_known"), f"kind IN ({', '.join(map(repr, kinds))})")


def upgrade() -> None:
    allow_holds(*HOLDS, "opt_out")
    op.add_column("report", sa.Column("mapping", sa.JSON(), nullable=True))
    op.add_column("report", sa.Column("masked", sa.JSON(), nullable=True))
    op.add_column("report", sa.Column("sent_by_id", NUMBER, nullable=True))
    op.add_column("work_item", sa.Column("taken_at", INSTANT, nullable=True))
    op.create_index("ix_work_item_lane", "work_item", ["lane", "taken_at"], unique=False)
    op.create_table(
        "saved_mapping",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("sender", NUMBER, nullable=False),
        sa.Column("agency_id", NUMBER, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
        sa.Column("saved_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_saved_mapping_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_mapping")),
    )
    op.create_index("uq_saved_mapping_sender", "saved_mapping", ["sender", "kind"], unique=True)


def downgrade() -> None:
    op.drop_table("saved_mapping")
    op.drop_index("ix_work_item_lane", table_name="work_item")
    op.drop_column("work_item", "taken_at")
    for column in ("sent_by_id", "masked", "mapping"):
        op.drop_column("report", column)
    op.execute("DELETE FROM hold WHERE kind = 'opt_out'")
    allow_holds(*HOLDS)
