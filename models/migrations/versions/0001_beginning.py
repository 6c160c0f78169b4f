"""People, organisations, collaborations, invitations, uploads, outbox.

Revision ID: 0001
Revises: 
"""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('organisations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('short_name', sa.String(length=255), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('contact_email', sa.String(length=255), nullable=True),
    sa.Column('time_zone', sa.String(length=255), nullable=False),
    sa.Column('invitation_days', sa.Integer(), nullable=True),
    sa.Column('default_message', sa.Text(), nullable=True),
    sa.Column('default_sender_name', sa.String(length=255), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('invitation_days > 0', name=op.f('ck_organisations_invitation_days_positive')),
    sa.CheckConstraint('short_name = lower(short_name)', name=op.f('ck_organisations_short_name_lower')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisations')),
    sa.UniqueConstraint('short_name', name=op.f('uq_organisations_short_name'))
    )
    op.create_table('users',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('email', sa.String(length=255), nullable=False),
    sa.Column('email_key', sa.String(length=255), nullable=False),
    sa.Column('user_name', sa.String(length=255), nullable=False),
    sa.Column('user_name_key', sa.String(length=255), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('password_hash', sa.String(), nullable=True),
    sa.Column('session_key', sa.String(), nullable=False),
    sa.Column('is_platform_admin', sa.Boolean(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("email_key <> ''", name=op.f('ck_users_email_present')),
    sa.CheckConstraint("user_name_key <> ''", name=op.f('ck_users_user_name_present')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users')),
    sa.UniqueConstraint('email_key', name=op.f('uq_users_email_key')),
    sa.UniqueConstraint('user_name_key', name=op.f('uq_users_user_name_key'))
    )
    op.create_table('collaborations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('short_name', sa.String(length=255), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("short_name = lower(short_name) AND short_name <> ''", name=op.f('ck_collaborations_short_name_lower')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_collaborations_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_collaborations')),
    sa.UniqueConstraint('id', 'organisation_id', name=op.f('uq_collaborations_id_organisation_id')),
    sa.UniqueConstraint('organisation_id', 'short_name', name=op.f('uq_collaborations_organisation_id_short_name'))
    )
    with op.batch_alter_table('collaborations', schema=None) as batch_op:
        batch_op.create_index('ix_collaborations_short_name', ['short_name'], unique=False)

    op.create_table('organisation_roles',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.Enum('admin', 'manager', 'mentor', name='role', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_organisation_roles_organisation_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_organisation_roles_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_roles')),
    sa.UniqueConstraint('id', 'organisation_id', name=op.f('uq_organisation_roles_id_organisation_id')),
    sa.UniqueConstraint('user_id', 'organisation_id', 'role', name=op.f('uq_organisation_roles_user_id_organisation_id_role'))
    )
    with op.batch_alter_table('organisation_roles', schema=None) as batch_op:
        batch_op.create_index('ix_organisation_roles_organisation', ['organisation_id'], unique=False)

    op.create_table('units',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_units_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_units')),
    sa.UniqueConstraint('id', 'organisation_id', name=op.f('uq_units_id_organisation_id')),
    sa.UniqueConstraint('organisation_id', 'name', name=op.f('uq_units_organisation_id_name'))
    )
    op.create_table('uploads',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('invitations', name='kind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('file_name', sa.String(length=255), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.Enum('unreadable', 'errors', 'ready', 'processing', 'done', 'discarded', name='state', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('columns', sa.JSON(), nullable=False),
    sa.Column('notices', sa.JSON(), nullable=False),
    sa.Column('lines', sa.Integer(), nullable=False),
    sa.Column('error_count', sa.Integer(), nullable=False),
    sa.Column('invitations', sa.Integer(), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('collaborations', sa.Integer(), nullable=False),
    sa.Column('will_fail', sa.Integer(), nullable=False),
    sa.Column('will_skip', sa.Integer(), nullable=False),
    sa.Column('process_pressed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('planned', sa.Integer(), nullable=False),
    sa.Column('sent', sa.Integer(), nullable=False),
    sa.Column('failed', sa.Integer(), nullable=False),
    sa.Column('skipped', sa.Integer(), nullable=False),
    sa.Column('processed_line', sa.Integer(), nullable=False),
    sa.Column('all_lines_processed', sa.Boolean(), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('claimed_by', sa.String(), nullable=True),
    sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state NOT IN ('ready', 'processing', 'done') OR error_count = 0", name=op.f('ck_uploads_no_errors_processed')),
    sa.CheckConstraint('sent + failed + skipped <= planned', name=op.f('ck_uploads_counts_within_plan')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_uploads_organisation_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_uploads_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_uploads'))
    )
    with op.batch_alter_table('uploads', schema=None) as batch_op:
        batch_op.create_index('ix_uploads_organisation', ['organisation_id', 'id'], unique=False)
        batch_op.create_index('ix_uploads_to_process', ['id'], unique=False, sqlite_where=sa.text("state = 'processing' AND NOT all_lines_processed"), postgresql_where=sa.text("state = 'processing' AND NOT all_lines_processed"))
        batch_op.create_index('ix_uploads_user', ['user_id', 'id'], unique=False)

    op.create_table('collaboration_labels',
    sa.Column('collaboration_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=32), nullable=False),
    sa.CheckConstraint("name = lower(name) AND name <> ''", name=op.f('ck_collaboration_labels_lower')),
    sa.ForeignKeyConstraint(['collaboration_id'], ['collaborations.id'], name=op.f('fk_collaboration_labels_collaboration_id')),
    sa.PrimaryKeyConstraint('collaboration_id', 'name', name=op.f('pk_collaboration_labels'))
    )
    with op.batch_alter_table('collaboration_labels', schema=None) as batch_op:
        batch_op.create_index('ix_collaboration_labels_name', ['name'], unique=False)

    op.create_table('collaboration_units',
    sa.Column('collaboration_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['collaboration_id', 'organisation_id'], ['collaborations.id', 'collaborations.organisation_id'], name=op.f('fk_collaboration_units_collaboration_id_organisation_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_collaboration_units_organisation_id')),
    sa.ForeignKeyConstraint(['unit_id', 'organisation_id'], ['units.id', 'units.organisation_id'], name=op.f('fk_collaboration_units_unit_id_organisation_id')),
    sa.PrimaryKeyConstraint('collaboration_id', 'unit_id', name=op.f('pk_collaboration_units'))
    )
    with op.batch_alter_table('collaboration_units', schema=None) as batch_op:
        batch_op.create_index('ix_collaboration_units_unit', ['unit_id'], unique=False)

    op.create_table('groups',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('collaboration_id', sa.Uuid(), nullable=False),
    sa.Column('short_name', sa.String(length=255), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('auto_provision', sa.Boolean(), nullable=False),
    sa.CheckConstraint("short_name = lower(short_name) AND short_name <> ''", name=op.f('ck_groups_short_name_lower')),
    sa.ForeignKeyConstraint(['collaboration_id'], ['collaborations.id'], name=op.f('fk_groups_collaboration_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_groups')),
    sa.UniqueConstraint('collaboration_id', 'short_name', name=op.f('uq_groups_collaboration_id_short_name')),
    sa.UniqueConstraint('id', 'collaboration_id', name=op.f('uq_groups_id_collaboration_id'))
    )
    op.create_table('manager_units',
    sa.Column('role_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_manager_units_organisation_id')),
    sa.ForeignKeyConstraint(['role_id', 'organisation_id'], ['organisation_roles.id', 'organisation_roles.organisation_id'], name=op.f('fk_manager_units_role_id_organisation_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['unit_id', 'organisation_id'], ['units.id', 'units.organisation_id'], name=op.f('fk_manager_units_unit_id_organisation_id')),
    sa.PrimaryKeyConstraint('role_id', 'unit_id', name=op.f('pk_manager_units'))
    )
    with op.batch_alter_table('manager_units', schema=None) as batch_op:
        batch_op.create_index('ix_manager_units_unit', ['unit_id'], unique=False)

    op.create_table('memberships',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('collaboration_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.Enum('admin', 'member', name='role', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('joined_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_because', sa.Enum('expired', 'removed', name='ended_because', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.CheckConstraint('(ended_at IS NULL) = (ended_because IS NULL)', name=op.f('ck_memberships_end_has_a_cause')),
    sa.ForeignKeyConstraint(['collaboration_id'], ['collaborations.id'], name=op.f('fk_memberships_collaboration_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_memberships_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_memberships')),
    sa.UniqueConstraint('id', 'collaboration_id', name=op.f('uq_memberships_id_collaboration_id'))
    )
    with op.batch_alter_table('memberships', schema=None) as batch_op:
        batch_op.create_index('ix_memberships_expiring', ['expires_at'], unique=False, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.create_index('ix_memberships_newest', ['collaboration_id', 'ended_at', 'id', 'expires_at'], unique=False)
        batch_op.create_index('ix_memberships_user', ['user_id'], unique=False)
        batch_op.create_index('uq_memberships_current', ['collaboration_id', 'user_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.create_table('upload_findings',
    sa.Column('upload_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('level', sa.Enum('error', 'failure', 'skip', name='level', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('line', sa.Integer(), nullable=True),
    sa.Column('column', sa.String(length=255), nullable=True),
    sa.Column('value', sa.Text(), nullable=True),
    sa.Column('invitee', sa.Text(), nullable=True),
    sa.Column('collaboration', sa.Text(), nullable=True),
    sa.Column('reason', sa.String(length=255), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['upload_id'], ['uploads.id'], name=op.f('fk_upload_findings_upload_id')),
    sa.PrimaryKeyConstraint('upload_id', 'number', name=op.f('pk_upload_findings'))
    )
    with op.batch_alter_table('upload_findings', schema=None) as batch_op:
        batch_op.create_index('ix_upload_findings_level', ['upload_id', 'level', 'number'], unique=False)

    op.create_table('upload_lines',
    sa.Column('upload_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('cells', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['upload_id'], ['uploads.id'], name=op.f('fk_upload_lines_upload_id')),
    sa.PrimaryKeyConstraint('upload_id', 'number', name=op.f('pk_upload_lines'))
    )
    op.create_table('group_memberships',
    sa.Column('membership_id', sa.Uuid(), nullable=False),
    sa.Column('group_id', sa.Uuid(), nullable=False),
    sa.Column('collaboration_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['collaboration_id'], ['collaborations.id'], name=op.f('fk_group_memberships_collaboration_id')),
    sa.ForeignKeyConstraint(['group_id', 'collaboration_id'], ['groups.id', 'groups.collaboration_id'], name=op.f('fk_group_memberships_group_id_collaboration_id')),
    sa.ForeignKeyConstraint(['membership_id', 'collaboration_id'], ['memberships.id', 'memberships.collaboration_id'], name=op.f('fk_group_memberships_membership_id_collaboration_id')),
    sa.PrimaryKeyConstraint('membership_id', 'group_id', name=op.f('pk_group_memberships'))
    )
    with op.batch_alter_table('group_memberships', schema=None) as batch_op:
        batch_op.create_index('ix_group_memberships_group', ['group_id'], unique=False)

    op.create_table('invitations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('collaboration_id', sa.Uuid(), nullable=False),
    sa.Column('email', sa.String(length=255), nullable=False),
    sa.Column('email_key', sa.String(length=255), nullable=False),
    sa.Column('role', sa.Enum('admin', 'member', name='role', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('status', sa.Enum('open', 'accepted', 'declined', 'revoked', 'replaced', 'undelivered', name='status', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('link_number', sa.Integer(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('membership_expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('sender_name', sa.String(length=255), nullable=False),
    sa.Column('invited_by_id', sa.Uuid(), nullable=False),
    sa.Column('upload_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('membership_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("(status = 'accepted') = (membership_id IS NOT NULL)", name=op.f('ck_invitations_accepted_has_membership')),
    sa.ForeignKeyConstraint(['collaboration_id'], ['collaborations.id'], name=op.f('fk_invitations_collaboration_id')),
    sa.ForeignKeyConstraint(['invited_by_id'], ['users.id'], name=op.f('fk_invitations_invited_by_id')),
    sa.ForeignKeyConstraint(['membership_id'], ['memberships.id'], name=op.f('fk_invitations_membership_id')),
    sa.ForeignKeyConstraint(['upload_id'], ['uploads.id'], name=op.f('fk_invitations_upload_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitations')),
    sa.UniqueConstraint('id', 'collaboration_id', name=op.f('uq_invitations_id_collaboration_id'))
    )
    with op.batch_alter_table('invitations', schema=None) as batch_op:
        batch_op.create_index('ix_invitations_email', ['email_key', 'status'], unique=False)
        batch_op.create_index('ix_invitations_newest', ['collaboration_id', 'status', 'id'], unique=False)
        batch_op.create_index('ix_invitations_upload', ['upload_id'], unique=False)
        batch_op.create_index('uq_invitations_open', ['collaboration_id', 'email_key'], unique=True, sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"))

    op.create_table('invitation_groups',
    sa.Column('invitation_id', sa.Uuid(), nullable=False),
    sa.Column('group_id', sa.Uuid(), nullable=False),
    sa.Column('collaboration_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['collaboration_id'], ['collaborations.id'], name=op.f('fk_invitation_groups_collaboration_id')),
    sa.ForeignKeyConstraint(['group_id', 'collaboration_id'], ['groups.id', 'groups.collaboration_id'], name=op.f('fk_invitation_groups_group_id_collaboration_id')),
    sa.ForeignKeyConstraint(['invitation_id', 'collaboration_id'], ['invitations.id', 'invitations.collaboration_id'], name=op.f('fk_invitation_groups_invitation_id_collaboration_id')),
    sa.PrimaryKeyConstraint('invitation_id', 'group_id', name=op.f('pk_invitation_groups'))
    )
    op.create_table('outbox',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('invitation', 'failure', 'failures_together', 'accepted', 'declined', 'undelivered', name='kind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('once', sa.String(length=255), nullable=False),
    sa.Column('to_address', sa.String(length=255), nullable=False),
    sa.Column('invitation_id', sa.Uuid(), nullable=True),
    sa.Column('upload_id', sa.Uuid(), nullable=True),
    sa.Column('outcome_number', sa.Integer(), nullable=True),
    sa.Column('state', sa.Enum('waiting', 'sent', 'refused', 'dropped', name='state', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('claimed_by', sa.String(), nullable=True),
    sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_answer', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['invitation_id'], ['invitations.id'], name=op.f('fk_outbox_invitation_id')),
    sa.ForeignKeyConstraint(['upload_id'], ['uploads.id'], name=op.f('fk_outbox_upload_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    sa.UniqueConstraint('once', name=op.f('uq_outbox_once'))
    )
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.create_index('ix_outbox_due', ['due_at'], unique=False, sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))
        batch_op.create_index('ix_outbox_invitation', ['invitation_id'], unique=False)
        batch_op.create_index('ix_outbox_upload', ['upload_id'], unique=False)

    op.create_table('upload_outcomes',
    sa.Column('upload_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('invitee', sa.Text(), nullable=False),
    sa.Column('collaboration', sa.Text(), nullable=False),
    sa.Column('groups', sa.Text(), nullable=False),
    sa.Column('role', sa.String(length=255), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'sent', 'failed', 'skipped', name='state', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('reason', sa.String(length=255), nullable=True),
    sa.Column('message', sa.Text(), nullable=True),
    sa.Column('failure_number', sa.Integer(), nullable=True),
    sa.Column('invitation_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("(state = 'failed') = (failure_number IS NOT NULL)", name=op.f('ck_upload_outcomes_failures_are_numbered')),
    sa.ForeignKeyConstraint(['invitation_id'], ['invitations.id'], name=op.f('fk_upload_outcomes_invitation_id')),
    sa.ForeignKeyConstraint(['upload_id'], ['uploads.id'], name=op.f('fk_upload_outcomes_upload_id')),
    sa.PrimaryKeyConstraint('upload_id', 'number', name=op.f('pk_upload_outcomes')),
    sa.UniqueConstraint('invitation_id', name=op.f('uq_upload_outcomes_invitation_id'))
    )
    with op.batch_alter_table('upload_outcomes', schema=None) as batch_op:
        batch_op.create_index('ix_upload_outcomes_state', ['upload_id', 'state', 'number'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('upload_outcomes', schema=None) as batch_op:
        batch_op.drop_index('ix_upload_outcomes_state')

    op.drop_table('upload_outcomes')
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_index('ix_outbox_upload')
        batch_op.drop_index('ix_outbox_invitation')
        batch_op.drop_index('ix_outbox_due', sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))

    op.drop_table('outbox')
    op.drop_table('invitation_groups')
    with op.batch_alter_table('invitations', schema=None) as batch_op:
        batch_op.drop_index('uq_invitations_open', sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"))
        batch_op.drop_index('ix_invitations_upload')
        batch_op.drop_index('ix_invitations_newest')
        batch_op.drop_index('ix_invitations_email')

    op.drop_table('invitations')
    with op.batch_alter_table('group_memberships', schema=None) as batch_op:
        batch_op.drop_index('ix_group_memberships_group')

    op.drop_table('group_memberships')
    op.drop_table('upload_lines')
    with op.batch_alter_table('upload_findings', schema=None) as batch_op:
        batch_op.drop_index('ix_upload_findings_level')

    op.drop_table('upload_findings')
    with op.batch_alter_table('memberships', schema=None) as batch_op:
        batch_op.drop_index('uq_memberships_current', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index('ix_memberships_user')
        batch_op.drop_index('ix_memberships_newest')
        batch_op.drop_index('ix_memberships_expiring', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.drop_table('memberships')
    with op.batch_alter_table('manager_units', schema=None) as batch_op:
        batch_op.drop_index('ix_manager_units_unit')

    op.drop_table('manager_units')
    op.drop_table('groups')
    with op.batch_alter_table('collaboration_units', schema=None) as batch_op:
        batch_op.drop_index('ix_collaboration_units_unit')

    op.drop_table('collaboration_units')
    with op.batch_alter_table('collaboration_labels', schema=None) as batch_op:
        batch_op.drop_index('ix_collaboration_labels_name')

    op.drop_table('collaboration_labels')
    with op.batch_alter_table('uploads', schema=None) as batch_op:
        batch_op.drop_index('ix_uploads_user')
        batch_op.drop_index('ix_uploads_to_process', sqlite_where=sa.text("state = 'processing' AND NOT all_lines_processed"), postgresql_where=sa.text("state = 'processing' AND NOT all_lines_processed"))
        batch_op.drop_index('ix_uploads_organisation')

    op.drop_table('uploads')
    op.drop_table('units')
    with op.batch_alter_table('organisation_roles', schema=None) as batch_op:
        batch_op.drop_index('ix_organisation_roles_organisation')

    op.drop_table('organisation_roles')
    with op.batch_alter_table('collaborations', schema=None) as batch_op:
        batch_op.drop_index('ix_collaborations_short_name')

    op.drop_table('collaborations')
    op.drop_table('users')
    op.drop_table('organisations')
