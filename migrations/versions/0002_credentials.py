"""Credentials that bind: looks at credentials, exemptions of two people, contracts with versions, demands and limits, collectors' logins.

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Instants: with time zone on PostgreSQL; SQLite keeps UTC text.
INSTANT = sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")


CONTRACT_RULES = {
    "remits_known": "remits IN ('gross', 'net')",
    "concentration_is_a_share": "concentration IS NULL OR concentration BETWEEN 1 AND 1000000",
    "min_share_is_a_share": "min_share IS NULL OR min_share BETWEEN 0 AND 1000000",
    "floor_is_a_share": "settlement_floor IS NULL OR settlement_floor BETWEEN 0 AND 1000000",
}
HOLDS = "'dispute', 'cease', 'attorney', 'hardship', 'bankruptcy', 'deceased', 'litigation', 'fraud', 'identity_theft', 'military', 'moratorium'"


def know_holds(kinds: str) -> None:
    """Say which kinds of hold there are. The index on open holds is a partial one, which a copied table would lose on SQLite."""
    where = {"sqlite_where": sa.text("until IS NULL"), "postgresql_where": sa.text("until IS NULL")}
    op.drop_index("uq_hold_open", table_name="hold", **where)
    with op.batch_alter_table("hold") as batch_op:
        batch_op.drop_constraint(op.f("ck_hold_kind_known"), type_="check")
        batch_op.create_check_constraint(op.f("ck_hold_kind_known"), f"kind IN ({kinds})")
    op.create_index("uq_hold_open", "hold", ["account_id", "kind"], unique=True, **where)


def upgrade() -> None:
    know_holds(f"{HOLDS}, 'licence'")
    op.create_table("collector_login",
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column("collector_id", sa.String(), nullable=False),
    sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_collector_login_agency_id")),
    sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_collector_login_user_id")),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_collector_login")),
    sa.UniqueConstraint("agency_id", "collector_id", name=op.f("uq_collector_login_agency_id_collector_id")),
    sa.UniqueConstraint("user_id", name=op.f("uq_collector_login_user_id"))
    )
    with op.batch_alter_table("collector_login") as batch_op:
        batch_op.create_index(batch_op.f("ix_collector_login_agency_id"), ["agency_id"], unique=False)

    op.create_table("contract_demand",
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column("contract_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column("code", sa.String(), nullable=False),
    sa.Column("least", sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_contract_demand_contract_id")),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_demand")),
    sa.UniqueConstraint("contract_id", "code", name=op.f("uq_contract_demand_contract_id_code"))
    )
    with op.batch_alter_table("contract_demand") as batch_op:
        batch_op.create_index(batch_op.f("ix_contract_demand_contract_id"), ["contract_id"], unique=False)

    op.create_table("credential_check",
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column("credential_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column("outcome", sa.String(), nullable=False),
    sa.Column("seen", sa.String(), nullable=False),
    sa.Column("sha256", sa.String(), nullable=True),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("by", sa.String(), nullable=False),
    sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
    sa.CheckConstraint("outcome IN ('verified', 'refused', 'confirmed')", name=op.f("ck_credential_check_outcome_known")),
    sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_credential_check_by_id")),
    sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("fk_credential_check_credential_id")),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_credential_check"))
    )
    with op.batch_alter_table("credential_check") as batch_op:
        batch_op.create_index(batch_op.f("ix_credential_check_credential_id"), ["credential_id"], unique=False)

    with op.batch_alter_table("agency") as batch_op:
        batch_op.add_column(sa.Column("practices", sa.String(), nullable=False, server_default=""))

    with op.batch_alter_table("contract") as batch_op:
        batch_op.add_column(sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("amends_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.add_column(sa.Column("remits", sa.String(), nullable=False, server_default="gross"))
        batch_op.add_column(sa.Column("reversal_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.add_column(sa.Column("concentration", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("min_share", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("settlement_floor", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("instalments_most", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.add_column(sa.Column("first_work_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_contract_agency_id_number"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_contract_agency_id_number_version"), ["agency_id", "number", "version"])
        for name, rule in CONTRACT_RULES.items():
            batch_op.create_check_constraint(batch_op.f(f"ck_contract_{name}"), rule)
        batch_op.create_foreign_key(batch_op.f("fk_contract_amends_id"), "contract", ["amends_id"], ["id"])

    with op.batch_alter_table("credential") as batch_op:
        batch_op.add_column(sa.Column("look_again_on", sa.Date(), nullable=True))

    with op.batch_alter_table("exemption") as batch_op:
        batch_op.add_column(sa.Column("proposed_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("proposed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.add_column(sa.Column("proposed_at", INSTANT, nullable=True))
        batch_op.alter_column("approved_by", existing_type=sa.String(), nullable=True)
        batch_op.alter_column("approved_at", existing_type=INSTANT, nullable=True)
        batch_op.create_foreign_key(batch_op.f("fk_exemption_proposed_by_id"), "app_user", ["proposed_by_id"], ["id"])
    op.execute("UPDATE exemption SET proposed_by = approved_by, proposed_at = approved_at")
    with op.batch_alter_table("exemption") as batch_op:
        batch_op.alter_column("proposed_by", existing_type=sa.String(), nullable=False)
        batch_op.alter_column("proposed_at", existing_type=INSTANT, nullable=False)

    with op.batch_alter_table("fee_term") as batch_op:
        batch_op.add_column(sa.Column("late_from", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.add_column(sa.Column("late_to", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.add_column(sa.Column("tier", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))



def downgrade() -> None:
    op.execute("DELETE FROM hold WHERE kind = 'licence'")
    know_holds(HOLDS)
    with op.batch_alter_table("fee_term") as batch_op:
        batch_op.drop_column("tier")
        batch_op.drop_column("late_to")
        batch_op.drop_column("late_from")

    op.execute("DELETE FROM exemption WHERE approved_at IS NULL")
    with op.batch_alter_table("exemption") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_exemption_proposed_by_id"), type_="foreignkey")
        batch_op.alter_column("approved_at", existing_type=INSTANT, nullable=False)
        batch_op.alter_column("approved_by", existing_type=sa.String(), nullable=False)
        batch_op.drop_column("proposed_at")
        batch_op.drop_column("proposed_by_id")
        batch_op.drop_column("proposed_by")

    with op.batch_alter_table("credential") as batch_op:
        batch_op.drop_column("look_again_on")

    with op.batch_alter_table("contract") as batch_op:
        for name in CONTRACT_RULES:
            batch_op.drop_constraint(batch_op.f(f"ck_contract_{name}"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_contract_amends_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("uq_contract_agency_id_number_version"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_contract_agency_id_number"), ["agency_id", "number"])
        batch_op.drop_column("first_work_days")
        batch_op.drop_column("instalments_most")
        batch_op.drop_column("settlement_floor")
        batch_op.drop_column("min_share")
        batch_op.drop_column("concentration")
        batch_op.drop_column("reversal_days")
        batch_op.drop_column("remits")
        batch_op.drop_column("amends_id")
        batch_op.drop_column("version")

    with op.batch_alter_table("agency") as batch_op:
        batch_op.drop_column("practices")

    with op.batch_alter_table("credential_check") as batch_op:
        batch_op.drop_index(batch_op.f("ix_credential_check_credential_id"))

    op.drop_table("credential_check")
    with op.batch_alter_table("contract_demand") as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_demand_contract_id"))

    op.drop_table("contract_demand")
    with op.batch_alter_table("collector_login") as batch_op:
        batch_op.drop_index(batch_op.f("ix_collector_login_agency_id"))

    op.drop_table("collector_login")
