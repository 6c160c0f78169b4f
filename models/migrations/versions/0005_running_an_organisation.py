"""Running an organisation: suspended ones, invitations to a role, people from a file, archived collaborations,
deleted accounts, sign-in by other providers, languages, reminders.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

LETTERS = ('invitation', 'failure', 'failures_together', 'accepted', 'declined', 'undelivered', 'enrolled',
           'to_register', 'unenrolled', 'password_reset')
NEW_LETTERS = ('reminder', 'upload_done', 'membership_ending', 'role_invitation', 'role_accepted', 'role_declined',
               'role_undelivered', 'confirm_address', 'address_changed')
UPLOADS = ('invitations', 'participants-add', 'participants-remove')
OUTCOMES = ('waiting', 'sent', 'added', 'revived', 'removed', 'failed', 'skipped')
STATUSES = ('open', 'accepted', 'declined', 'revoked', 'replaced', 'undelivered')
ROLES = ('admin', 'manager', 'mentor')
OPEN = sa.text("status = 'open'")
PROCESSING = sa.text("state = 'processing'")
CLOSED = sa.text('NOT is_active')
TO_ANNOUNCE = sa.text('ended_at IS NULL AND end_announced_at IS NULL')
TO_REMIND = sa.text("status = 'open' AND reminded_at IS NULL")
OF_THE_LETTERS = {'role_invitation_id': 'role_invitations', 'membership_id': 'memberships'}


def among(column, words):
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def moment(name):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def replace_check(batch_op, name, rule):
    batch_op.drop_constraint(op.f(name), type_='check')
    batch_op.create_check_constraint(op.f(name), rule)


def upgrade() -> None:
    make_identities()
    make_role_invitations()
    with op.batch_alter_table('users') as batch_op:
        batch_op.add_column(moment('deleted_at'))
        batch_op.add_column(sa.Column('language', sa.String(length=255), nullable=True))
        batch_op.create_check_constraint(op.f('ck_users_deleted_is_closed'), 'deleted_at IS NULL OR NOT is_active')
    op.create_index('ix_users_organisation', 'users', ['organisation_id', 'id'], unique=False)
    op.create_index('ix_users_organisation_name', 'users', ['organisation_id', 'name', 'id'], unique=False)
    op.create_index('ix_users_closed', 'users', ['organisation_id', 'name', 'id'], unique=False, sqlite_where=CLOSED, postgresql_where=CLOSED)
    with op.batch_alter_table('organisations') as batch_op:
        batch_op.add_column(sa.Column('reminder_days', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('language', sa.String(length=255), nullable=True))
        batch_op.add_column(moment('suspended_at'))
        batch_op.create_check_constraint(op.f('ck_organisations_reminder_days_positive'), 'reminder_days > 0')
    op.add_column('collaborations', moment('archived_at'))
    op.add_column('memberships', moment('end_announced_at'))
    op.create_index('ix_memberships_to_announce', 'memberships', ['expires_at'], unique=False, sqlite_where=TO_ANNOUNCE, postgresql_where=TO_ANNOUNCE)
    op.add_column('invitations', moment('reminded_at'))
    op.create_index('ix_invitations_to_remind', 'invitations', ['expires_at'], unique=False, sqlite_where=TO_REMIND, postgresql_where=TO_REMIND)
    with op.batch_alter_table('uploads') as batch_op:
        replace_check(batch_op, 'ck_uploads_kind', among('kind', (*UPLOADS, 'people')))
        replace_check(batch_op, 'ck_uploads_participants_of_a_batch', "(kind IN ('invitations', 'people')) = (batch_id IS NULL)")
        batch_op.create_check_constraint(op.f('ck_uploads_people_of_an_organisation'), "kind <> 'people' OR organisation_id IS NOT NULL")
    op.create_index('ix_uploads_processing', 'uploads', ['process_pressed_at'], unique=False, sqlite_where=PROCESSING, postgresql_where=PROCESSING)
    with op.batch_alter_table('upload_outcomes') as batch_op:
        replace_check(batch_op, 'ck_upload_outcomes_state', among('state', (*OUTCOMES[:-2], 'updated', *OUTCOMES[-2:])))
    with op.batch_alter_table('outbox') as batch_op:
        for column, table in OF_THE_LETTERS.items():
            batch_op.add_column(sa.Column(column, sa.Uuid(), nullable=True))
            batch_op.create_foreign_key(op.f(f'fk_outbox_{column}'), table, [column], ['id'])
        replace_check(batch_op, 'ck_outbox_kind', among('kind', (*LETTERS, *NEW_LETTERS)))
    op.create_index('ix_outbox_to_address', 'outbox', ['to_address'], unique=False)


def make_identities() -> None:
    op.create_table('identities',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('issuer', sa.String(length=255), nullable=False),
    sa.Column('subject', sa.String(length=255), nullable=False),
    sa.Column('linked_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_identities_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identities')),
    sa.UniqueConstraint('issuer', 'subject', name=op.f('uq_identities_issuer_subject'))
    )
    op.create_index('ix_identities_user', 'identities', ['user_id'], unique=False)


def make_role_invitations() -> None:
    op.create_table('role_invitations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('email', sa.String(length=255), nullable=False),
    sa.Column('email_key', sa.String(length=255), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('link_number', sa.Integer(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('invited_by_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint(among('role', ROLES), name=op.f('ck_role_invitations_role')),
    sa.CheckConstraint(among('status', STATUSES), name=op.f('ck_role_invitations_status')),
    sa.ForeignKeyConstraint(['invited_by_id'], ['users.id'], name=op.f('fk_role_invitations_invited_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_role_invitations_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role_invitations')),
    sa.UniqueConstraint('id', 'organisation_id', name=op.f('uq_role_invitations_id_organisation_id'))
    )
    op.create_index('uq_role_invitations_open', 'role_invitations', ['organisation_id', 'email_key', 'role'], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index('ix_role_invitations_newest', 'role_invitations', ['organisation_id', 'status', 'id'], unique=False)
    op.create_index('ix_role_invitations_email', 'role_invitations', ['email_key', 'status'], unique=False)
    op.create_table('role_invitation_units',
    sa.Column('invitation_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['invitation_id', 'organisation_id'], ['role_invitations.id', 'role_invitations.organisation_id'], name=op.f('fk_role_invitation_units_invitation_id_organisation_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_role_invitation_units_organisation_id')),
    sa.ForeignKeyConstraint(['unit_id', 'organisation_id'], ['units.id', 'units.organisation_id'], name=op.f('fk_role_invitation_units_unit_id_organisation_id')),
    sa.PrimaryKeyConstraint('invitation_id', 'unit_id', name=op.f('pk_role_invitation_units'))
    )
    op.create_index('ix_role_invitation_units_unit', 'role_invitation_units', ['unit_id'], unique=False)


def downgrade() -> None:
    op.execute(f"DELETE FROM outbox WHERE {among('kind', NEW_LETTERS)}")
    op.drop_index('ix_outbox_to_address', table_name='outbox')
    with op.batch_alter_table('outbox') as batch_op:
        for column in OF_THE_LETTERS:
            batch_op.drop_constraint(op.f(f'fk_outbox_{column}'), type_='foreignkey')
            batch_op.drop_column(column)
        replace_check(batch_op, 'ck_outbox_kind', among('kind', LETTERS))
    forget_uploads_of_people()
    op.drop_index('ix_uploads_processing', table_name='uploads')
    with op.batch_alter_table('upload_outcomes') as batch_op:
        replace_check(batch_op, 'ck_upload_outcomes_state', among('state', OUTCOMES))
    with op.batch_alter_table('uploads') as batch_op:
        batch_op.drop_constraint(op.f('ck_uploads_people_of_an_organisation'), type_='check')
        replace_check(batch_op, 'ck_uploads_participants_of_a_batch', "(kind = 'invitations') = (batch_id IS NULL)")
        replace_check(batch_op, 'ck_uploads_kind', among('kind', UPLOADS))
    op.drop_index('ix_invitations_to_remind', table_name='invitations')
    op.drop_column('invitations', 'reminded_at')
    op.drop_index('ix_memberships_to_announce', table_name='memberships')
    op.drop_column('memberships', 'end_announced_at')
    op.drop_column('collaborations', 'archived_at')
    with op.batch_alter_table('organisations') as batch_op:
        batch_op.drop_constraint(op.f('ck_organisations_reminder_days_positive'), type_='check')
        for column in ('reminder_days', 'language', 'suspended_at'):
            batch_op.drop_column(column)
    for index in ('ix_users_closed', 'ix_users_organisation_name', 'ix_users_organisation'):
        op.drop_index(index, table_name='users')
    with op.batch_alter_table('users') as batch_op:
        batch_op.drop_constraint(op.f('ck_users_deleted_is_closed'), type_='check')
        batch_op.drop_column('deleted_at')
        batch_op.drop_column('language')
    op.drop_table('role_invitation_units')
    op.drop_table('role_invitations')
    op.drop_table('identities')


def forget_uploads_of_people() -> None:
    """Nothing before this revision can show them; what they brought stays. Audit entries tell of them all the same."""
    theirs = "(SELECT id FROM uploads WHERE kind = 'people')"
    for table in ('upload_lines', 'upload_findings', 'upload_outcomes'):
        op.execute(f'DELETE FROM {table} WHERE upload_id IN {theirs}')
    op.execute(f'DELETE FROM outbox WHERE upload_id IN {theirs}')
    op.execute("UPDATE uploads SET kind = 'invitations', state = 'discarded' WHERE kind = 'people'")
