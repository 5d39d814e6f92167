"""Running counts of accepted activity, filled from the rows that are there.

Revision 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

FILL = """INSERT INTO activity_count (report_id, day, kind, direction, currency, agency_id, accepted)
SELECT activity.report_id, date(activity.occurred_at), activity.kind, coalesce(activity.direction, ''), account.currency,
       activity.agency_id, count(*)
FROM activity JOIN account ON account.id = activity.account_id
WHERE activity.standing = 'accepted'
GROUP BY activity.report_id, date(activity.occurred_at), activity.kind, coalesce(activity.direction, ''), account.currency,
         activity.agency_id"""


def upgrade() -> None:
    op.create_table(
        "activity_count",
        sa.Column("report_id", WHOLE, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("agency_id", WHOLE, nullable=True),
        sa.Column("accepted", WHOLE, nullable=False),
        sa.CheckConstraint("accepted >= 0", name=op.f("ck_activity_count_not_below_zero")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_activity_count_agency_id")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_activity_count_report_id")),
        sa.PrimaryKeyConstraint("report_id", "day", "kind", "direction", "currency", name=op.f("pk_activity_count")),
    )
    op.create_index("ix_activity_count_day", "activity_count", ["agency_id", "day"])
    op.execute(FILL)


def downgrade() -> None:
    op.drop_index("ix_activity_count_day", table_name="activity_count")
    op.drop_table("activity_count")
