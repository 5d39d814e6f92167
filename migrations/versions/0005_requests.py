"""Requests, arrangements, documents, proposals to recall, next steps, proofs of deletion, rights of people, limits in contracts.

Revision 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Instants: with time zone on PostgreSQL; SQLite keeps UTC text.
INSTANT = sa.DateTime().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table('recall_proposal',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ref', sa.String(), nullable=False),
    sa.Column('agency_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('policy', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('accounts', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('proposed_at', INSTANT, nullable=False),
    sa.Column('renewed_at', INSTANT, nullable=False),
    sa.Column('recall_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('decided_at', INSTANT, nullable=True),
    sa.Column('decided_by', sa.String(), nullable=True),
    sa.Column('note', sa.String(), nullable=False),
    sa.CheckConstraint("reason IN ('term_end', 'strategy', 'portfolio_sale', 'settled_with_bank', 'complaint', 'credential_lapse', 'agency_exit', 'misplaced', 'no_activity', 'legal')", name=op.f('ck_recall_proposal_reason_known')),
    sa.CheckConstraint("state IN ('open', 'accepted', 'dismissed')", name=op.f('ck_recall_proposal_state_known')),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_recall_proposal_agency_id')),
    sa.ForeignKeyConstraint(['recall_id'], ['recall.id'], name=op.f('fk_recall_proposal_recall_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recall_proposal')),
    sa.UniqueConstraint('ref', name=op.f('uq_recall_proposal_ref'))
    )
    with op.batch_alter_table('recall_proposal', schema=None) as batch_op:
        batch_op.create_index('uq_recall_proposal_open', ['agency_id', 'policy'], unique=True, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))

    op.create_table('rights_case',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ref', sa.String(), nullable=False),
    sa.Column('consumer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('opened_at', INSTANT, nullable=False),
    sa.Column('opened_by', sa.String(), nullable=False),
    sa.Column('decided_at', INSTANT, nullable=True),
    sa.Column('decided_by', sa.String(), nullable=True),
    sa.Column('answer', sa.String(), nullable=False),
    sa.Column('outcome', sa.JSON(), nullable=False),
    sa.CheckConstraint("kind IN ('access', 'erasure')", name=op.f('ck_rights_case_kind_known')),
    sa.CheckConstraint("state IN ('open', 'done', 'refused')", name=op.f('ck_rights_case_state_known')),
    sa.ForeignKeyConstraint(['consumer_id'], ['consumer.id'], name=op.f('fk_rights_case_consumer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rights_case')),
    sa.UniqueConstraint('ref', name=op.f('uq_rights_case_ref'))
    )
    with op.batch_alter_table('rights_case', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_rights_case_consumer_id'), ['consumer_id'], unique=False)

    op.create_table('balance_change',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('report_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('as_of', sa.Date(), nullable=True),
    sa.Column('before', sa.BigInteger(), nullable=False),
    sa.Column('after', sa.BigInteger(), nullable=False),
    sa.Column('told_at', INSTANT, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_balance_change_account_id')),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], name=op.f('fk_balance_change_report_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_balance_change'))
    )
    with op.batch_alter_table('balance_change', schema=None) as batch_op:
        batch_op.create_index('ix_balance_change_account', ['account_id', 'told_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_balance_change_report_id'), ['report_id'], unique=False)

    op.create_table('deletion',
    sa.Column('placement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('agency_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('proved_at', INSTANT, nullable=True),
    sa.Column('proved_by', sa.String(), nullable=True),
    sa.Column('deleted_on', sa.Date(), nullable=True),
    sa.Column('method', sa.String(), nullable=False),
    sa.Column('certificate_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_deletion_account_id')),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_deletion_agency_id')),
    sa.ForeignKeyConstraint(['certificate_id'], ['stored_file.id'], name=op.f('fk_deletion_certificate_id')),
    sa.ForeignKeyConstraint(['placement_id'], ['placement.id'], name=op.f('fk_deletion_placement_id')),
    sa.PrimaryKeyConstraint('placement_id', name=op.f('pk_deletion'))
    )
    with op.batch_alter_table('deletion', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deletion_account_id'), ['account_id'], unique=False)
        batch_op.create_index('ix_deletion_queue', ['agency_id', 'proved_at', 'due_on'], unique=False)

    op.create_table('next_step',
    sa.Column('placement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('step', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('opened_at', INSTANT, nullable=False),
    sa.Column('done_at', INSTANT, nullable=True),
    sa.Column('done_by', sa.String(), nullable=True),
    sa.Column('note', sa.String(), nullable=False),
    sa.CheckConstraint("step IN ('place_again', 'warehouse', 'legal_review', 'dispute_review', 'hardship_care', 'estate', 'insolvency', 'fraud_review', 'mend_data', 'close')", name=op.f('ck_next_step_step_known')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_next_step_account_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['app_user.id'], name=op.f('fk_next_step_owner_id')),
    sa.ForeignKeyConstraint(['placement_id'], ['placement.id'], name=op.f('fk_next_step_placement_id')),
    sa.PrimaryKeyConstraint('placement_id', name=op.f('pk_next_step'))
    )
    with op.batch_alter_table('next_step', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_next_step_account_id'), ['account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_next_step_owner_id'), ['owner_id'], unique=False)
        batch_op.create_index('ix_next_step_queue', ['done_at', 'role', 'due_on'], unique=False)

    op.create_table('recall_proposal_line',
    sa.Column('proposal_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('placement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('why', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['placement_id'], ['placement.id'], name=op.f('fk_recall_proposal_line_placement_id')),
    sa.ForeignKeyConstraint(['proposal_id'], ['recall_proposal.id'], name=op.f('fk_recall_proposal_line_proposal_id')),
    sa.PrimaryKeyConstraint('proposal_id', 'placement_id', name=op.f('pk_recall_proposal_line'))
    )
    op.create_table('request',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ref', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('placement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('agency_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=True),
    sa.Column('waived', sa.BigInteger(), nullable=True),
    sa.Column('instalments', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('first_due_on', sa.Date(), nullable=True),
    sa.Column('days', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('willingness', sa.String(), nullable=False),
    sa.Column('ability', sa.String(), nullable=False),
    sa.Column('further', sa.JSON(), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('evidence_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('treatment', sa.String(), nullable=False),
    sa.Column('treatment_version', sa.String(), nullable=False),
    sa.Column('beyond', sa.JSON(), nullable=False),
    sa.Column('asked_at', INSTANT, nullable=False),
    sa.Column('asked_by', sa.String(), nullable=False),
    sa.Column('asked_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('due_at', INSTANT, nullable=False),
    sa.Column('delegated', sa.Boolean(), nullable=False),
    sa.Column('answer', sa.String(), nullable=False),
    sa.Column('decided_at', INSTANT, nullable=True),
    sa.Column('decided_by', sa.String(), nullable=True),
    sa.Column('decided_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("kind IN ('settlement', 'instalment', 'extension', 'waiver', 'hardship', 'documents', 'legal_action', 'recall', 'query')", name=op.f('ck_request_kind_known')),
    sa.CheckConstraint("state IN ('asked', 'answered', 'granted', 'refused', 'closed')", name=op.f('ck_request_state_known')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_request_account_id')),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_request_agency_id')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['app_user.id'], name=op.f('fk_request_asked_by_id')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['app_user.id'], name=op.f('fk_request_decided_by_id')),
    sa.ForeignKeyConstraint(['evidence_id'], ['stored_file.id'], name=op.f('fk_request_evidence_id')),
    sa.ForeignKeyConstraint(['placement_id'], ['placement.id'], name=op.f('fk_request_placement_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_request')),
    sa.UniqueConstraint('ref', name=op.f('uq_request_ref'))
    )
    with op.batch_alter_table('request', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_request_account_id'), ['account_id'], unique=False)
        batch_op.create_index('ix_request_agency', ['agency_id', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_request_placement_id'), ['placement_id'], unique=False)
        batch_op.create_index('ix_request_queue', ['state', 'due_at'], unique=False)

    op.create_table('account_document',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ref', sa.String(), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('dated', sa.Date(), nullable=True),
    sa.Column('file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('request_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('supplied_at', INSTANT, nullable=False),
    sa.Column('supplied_by', sa.String(), nullable=False),
    sa.CheckConstraint("kind IN ('contract', 'statement', 'judgment', 'assignment', 'notice', 'correspondence', 'other')", name=op.f('ck_account_document_kind_known')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_account_document_account_id')),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_account_document_file_id')),
    sa.ForeignKeyConstraint(['request_id'], ['request.id'], name=op.f('fk_account_document_request_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account_document')),
    sa.UniqueConstraint('ref', name=op.f('uq_account_document_ref'))
    )
    with op.batch_alter_table('account_document', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_account_document_account_id'), ['account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_account_document_request_id'), ['request_id'], unique=False)

    op.create_table('arrangement',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('request_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('placement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('agency_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('balance', sa.BigInteger(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('waived', sa.BigInteger(), nullable=False),
    sa.Column('share', sa.Integer(), nullable=False),
    sa.Column('instalments', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('first_due_on', sa.Date(), nullable=False),
    sa.Column('last_due_on', sa.Date(), nullable=False),
    sa.Column('agreed_at', INSTANT, nullable=False),
    sa.Column('paid', sa.BigInteger(), nullable=False),
    sa.Column('followed_on', sa.Date(), nullable=True),
    sa.Column('ended_at', INSTANT, nullable=True),
    sa.CheckConstraint("kind IN ('settlement', 'instalment', 'extension', 'waiver', 'hardship', 'documents', 'legal_action', 'recall', 'query')", name=op.f('ck_arrangement_kind_known')),
    sa.CheckConstraint("state IN ('running', 'kept', 'broken', 'cancelled')", name=op.f('ck_arrangement_state_known')),
    sa.CheckConstraint('amount >= 0 AND waived >= 0 AND instalments >= 1', name=op.f('ck_arrangement_terms_make_sense')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_arrangement_account_id')),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_arrangement_agency_id')),
    sa.ForeignKeyConstraint(['placement_id'], ['placement.id'], name=op.f('fk_arrangement_placement_id')),
    sa.ForeignKeyConstraint(['request_id'], ['request.id'], name=op.f('fk_arrangement_request_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_arrangement')),
    sa.UniqueConstraint('request_id', name=op.f('uq_arrangement_request_id'))
    )
    with op.batch_alter_table('arrangement', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_arrangement_account_id'), ['account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_arrangement_agency_id'), ['agency_id'], unique=False)
        batch_op.create_index('ix_arrangement_placement', ['placement_id', 'agreed_at'], unique=False)
        batch_op.create_index('uq_arrangement_running', ['account_id'], unique=True, sqlite_where=sa.text("state = 'running'"), postgresql_where=sa.text("state = 'running'"))

    op.create_table('document_access',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('document_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', INSTANT, nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('agency_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_document_access_agency_id')),
    sa.ForeignKeyConstraint(['document_id'], ['account_document.id'], name=op.f('fk_document_access_document_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document_access'))
    )
    with op.batch_alter_table('document_access', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_document_access_agency_id'), ['agency_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_document_access_document_id'), ['document_id'], unique=False)

    with op.batch_alter_table('contract', schema=None) as batch_op:
        batch_op.add_column(sa.Column('extension_days_most', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('waiver_most', sa.Integer(), nullable=True))
        batch_op.create_check_constraint(batch_op.f('ck_contract_waiver_is_a_share'), 'waiver_most IS NULL OR waiver_most BETWEEN 0 AND 1000000')

    with op.batch_alter_table('objection', schema=None) as batch_op:
        batch_op.add_column(sa.Column('evidence_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_objection_evidence_id'), 'stored_file', ['evidence_id'], ['id'])

    with op.batch_alter_table('recall', schema=None) as batch_op:
        batch_op.add_column(sa.Column('stop_work', sa.Boolean(), nullable=False, server_default=sa.false()))



def downgrade() -> None:
    with op.batch_alter_table('recall', schema=None) as batch_op:
        batch_op.drop_column('stop_work')

    with op.batch_alter_table('objection', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_objection_evidence_id'), type_='foreignkey')
        batch_op.drop_column('evidence_id')

    with op.batch_alter_table('contract', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_contract_waiver_is_a_share'), type_='check')
        batch_op.drop_column('waiver_most')
        batch_op.drop_column('extension_days_most')

    with op.batch_alter_table('document_access', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_document_access_document_id'))
        batch_op.drop_index(batch_op.f('ix_document_access_agency_id'))

    op.drop_table('document_access')
    with op.batch_alter_table('arrangement', schema=None) as batch_op:
        batch_op.drop_index('uq_arrangement_running', sqlite_where=sa.text("state = 'running'"), postgresql_where=sa.text("state = 'running'"))
        batch_op.drop_index('ix_arrangement_placement')
        batch_op.drop_index(batch_op.f('ix_arrangement_agency_id'))
        batch_op.drop_index(batch_op.f('ix_arrangement_account_id'))

    op.drop_table('arrangement')
    with op.batch_alter_table('account_document', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_account_document_request_id'))
        batch_op.drop_index(batch_op.f('ix_account_document_account_id'))

    op.drop_table('account_document')
    with op.batch_alter_table('request', schema=None) as batch_op:
        batch_op.drop_index('ix_request_queue')
        batch_op.drop_index(batch_op.f('ix_request_placement_id'))
        batch_op.drop_index('ix_request_agency')
        batch_op.drop_index(batch_op.f('ix_request_account_id'))

    op.drop_table('request')
    op.drop_table('recall_proposal_line')
    with op.batch_alter_table('next_step', schema=None) as batch_op:
        batch_op.drop_index('ix_next_step_queue')
        batch_op.drop_index(batch_op.f('ix_next_step_owner_id'))
        batch_op.drop_index(batch_op.f('ix_next_step_account_id'))

    op.drop_table('next_step')
    with op.batch_alter_table('deletion', schema=None) as batch_op:
        batch_op.drop_index('ix_deletion_queue')
        batch_op.drop_index(batch_op.f('ix_deletion_account_id'))

    op.drop_table('deletion')
    with op.batch_alter_table('balance_change', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_balance_change_report_id'))
        batch_op.drop_index('ix_balance_change_account')

    op.drop_table('balance_change')
    with op.batch_alter_table('rights_case', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_rights_case_consumer_id'))

    op.drop_table('rights_case')
    with op.batch_alter_table('recall_proposal', schema=None) as batch_op:
        batch_op.drop_index('uq_recall_proposal_open', sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))

    op.drop_table('recall_proposal')
