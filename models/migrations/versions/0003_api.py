"""API keys, first answers, pending enrolments, letters about enrolments and passwords; audit entries about more than
batches; the keys of uploads.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

LETTERS = ('invitation', 'failure', 'failures_together', 'accepted', 'declined', 'undelivered')
NEW_LETTERS = ('enrolled', 'to_register', 'unenrolled', 'password_reset')
DOORS = ('page', 'upload', 'api', 'command')


def among(column, words):
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def upgrade() -> None:
    op.create_table('api_keys',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('secret_hash', sa.String(length=255), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("name <> ''", name=op.f('ck_api_keys_name_present')),
    sa.CheckConstraint('expires_at > created_at', name=op.f('ck_api_keys_expires_later')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_api_keys_organisation_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_api_keys_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_keys')),
    sa.UniqueConstraint('secret_hash', name=op.f('uq_api_keys_secret_hash'))
    )
    op.create_index('ix_api_keys_organisation', 'api_keys', ['organisation_id'], unique=False)
    op.create_index('ix_api_keys_user', 'api_keys', ['user_id'], unique=False)
    op.create_table('api_key_units',
    sa.Column('api_key_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['api_key_id'], ['api_keys.id'], name=op.f('fk_api_key_units_api_key_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_api_key_units_organisation_id')),
    sa.ForeignKeyConstraint(['unit_id', 'organisation_id'], ['units.id', 'units.organisation_id'], name=op.f('fk_api_key_units_unit_id_organisation_id')),
    sa.PrimaryKeyConstraint('api_key_id', 'unit_id', name=op.f('pk_api_key_units'))
    )
    op.create_index('ix_api_key_units_unit', 'api_key_units', ['unit_id'], unique=False)
    op.create_table('given_answers',
    sa.Column('api_key_id', sa.Uuid(), nullable=False),
    sa.Column('idempotency_key', sa.String(length=255), nullable=False),
    sa.Column('request_hash', sa.String(length=255), nullable=False),
    sa.Column('status', sa.Integer(), nullable=False),
    sa.Column('location', sa.String(), nullable=True),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['api_key_id'], ['api_keys.id'], name=op.f('fk_given_answers_api_key_id')),
    sa.PrimaryKeyConstraint('api_key_id', 'idempotency_key', name=op.f('pk_given_answers'))
    )
    op.create_index('ix_given_answers_created_at', 'given_answers', ['created_at'], unique=False)
    op.create_table('pending_enrolments',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('course_id', sa.Uuid(), nullable=False),
    sa.Column('email', sa.String(length=255), nullable=False),
    sa.Column('email_key', sa.String(length=255), nullable=False),
    sa.Column('auto_enrol', sa.Boolean(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=True),
    sa.Column('requested_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('fulfilled_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("email_key <> ''", name=op.f('ck_pending_enrolments_email_present')),
    sa.ForeignKeyConstraint(['batch_id'], ['batches.id'], name=op.f('fk_pending_enrolments_batch_id')),
    sa.ForeignKeyConstraint(['course_id'], ['courses.id'], name=op.f('fk_pending_enrolments_course_id')),
    sa.ForeignKeyConstraint(['requested_by_id'], ['users.id'], name=op.f('fk_pending_enrolments_requested_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pending_enrolments')),
    sa.UniqueConstraint('course_id', 'email_key', name=op.f('uq_pending_enrolments_course_id_email_key'))
    )
    op.create_index('ix_pending_enrolments_email', 'pending_enrolments', ['email_key'], unique=False)
    with op.batch_alter_table('audit_entries') as batch_op:
        batch_op.drop_constraint(op.f('ck_audit_entries_through'), type_='check')
        batch_op.add_column(sa.Column('through_key_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('course_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('collaboration_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('api_key_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('note', sa.Text(), server_default='', nullable=False))
        batch_op.alter_column('organisation_id', existing_type=sa.Uuid(), nullable=True)
        for table, column in (('api_keys', 'through_key_id'), ('courses', 'course_id'),
                              ('collaborations', 'collaboration_id'), ('api_keys', 'api_key_id')):
            batch_op.create_foreign_key(op.f(f'fk_audit_entries_{column}'), table, [column], ['id'])
        batch_op.create_check_constraint(op.f('ck_audit_entries_through'), among('through', (*DOORS, 'clock')))
    with op.batch_alter_table('uploads') as batch_op:
        batch_op.add_column(sa.Column('api_key_id', sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(op.f('fk_uploads_api_key_id'), 'api_keys', ['api_key_id'], ['id'])
    with op.batch_alter_table('outbox') as batch_op:
        batch_op.drop_constraint(op.f('ck_outbox_kind'), type_='check')
        batch_op.add_column(sa.Column('course_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('user_id', sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(op.f('fk_outbox_course_id'), 'courses', ['course_id'], ['id'])
        batch_op.create_foreign_key(op.f('fk_outbox_user_id'), 'users', ['user_id'], ['id'])
        batch_op.create_check_constraint(op.f('ck_outbox_kind'), among('kind', (*LETTERS, *NEW_LETTERS)))


def downgrade() -> None:
    op.execute(f"DELETE FROM outbox WHERE {among('kind', NEW_LETTERS)}")
    with op.batch_alter_table('outbox') as batch_op:
        batch_op.drop_constraint(op.f('ck_outbox_kind'), type_='check')
        for column in ('course_id', 'user_id'):
            batch_op.drop_constraint(op.f(f'fk_outbox_{column}'), type_='foreignkey')
            batch_op.drop_column(column)
        batch_op.create_check_constraint(op.f('ck_outbox_kind'), among('kind', LETTERS))
    op.execute("DELETE FROM audit_entries WHERE organisation_id IS NULL OR through = 'clock' "
               "OR action NOT IN ('participants-added', 'participants-removed')")
    with op.batch_alter_table('audit_entries') as batch_op:
        batch_op.drop_constraint(op.f('ck_audit_entries_through'), type_='check')
        for column in ('through_key_id', 'course_id', 'collaboration_id', 'api_key_id'):
            batch_op.drop_constraint(op.f(f'fk_audit_entries_{column}'), type_='foreignkey')
            batch_op.drop_column(column)
        batch_op.drop_column('note')
        batch_op.alter_column('organisation_id', existing_type=sa.Uuid(), nullable=False)
        batch_op.create_check_constraint(op.f('ck_audit_entries_through'), among('through', DOORS))
    with op.batch_alter_table('uploads') as batch_op:
        batch_op.drop_constraint(op.f('fk_uploads_api_key_id'), type_='foreignkey')
        batch_op.drop_column('api_key_id')
    op.drop_table('pending_enrolments')
    op.drop_table('given_answers')
    op.drop_table('api_key_units')
    op.drop_table('api_keys')
