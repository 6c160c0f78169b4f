"""Courses, batches, participants; state IDs and profiles of people; uploads of participants; audit entries.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def is_sqlite() -> bool:
    return bool(op.get_context().dialect.name == 'sqlite')


def change(table, *, add_columns=(), alter_columns=(), drop_columns=(), foreign_keys=(), old_checks=(), new_checks=()):
    """Change a table: checks go before the columns that they speak of, and come after."""
    with op.batch_alter_table(table) as batch_op:
        for name in old_checks:
            batch_op.drop_constraint(op.f(f'ck_{table}_{name}'), type_='check')
        for column in add_columns:
            batch_op.add_column(column)
        for name, changes in alter_columns:
            batch_op.alter_column(name, **changes)
        for other, column in foreign_keys:
            batch_op.create_foreign_key(op.f(f'fk_{table}_{column}'), other, [column], ['id'])
        for column in drop_columns:
            batch_op.drop_column(column)
        for name, condition in new_checks:
            batch_op.create_check_constraint(op.f(f'ck_{table}_{name}'), condition)


def upgrade() -> None:
    op.create_table('courses',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.String(length=255), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("key <> ''", name=op.f('ck_courses_key_present')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_courses_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_courses')),
    sa.UniqueConstraint('id', 'organisation_id', name=op.f('uq_courses_id_organisation_id')),
    sa.UniqueConstraint('key', name=op.f('uq_courses_key'))
    )
    op.create_index('ix_courses_organisation', 'courses', ['organisation_id', 'name'], unique=False)
    op.create_table('batches',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('course_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('enrolment_type', sa.Enum('open', 'invite-only', name='enrolment_type', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('start_date', sa.Date(), nullable=False),
    sa.Column('end_date', sa.Date(), nullable=True),
    sa.Column('enrolment_end_date', sa.Date(), nullable=True),
    sa.Column('is_default', sa.Boolean(), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('participant_count', sa.Integer(), nullable=False),
    sa.Column('last_activity_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("NOT is_default OR enrolment_type = 'open'", name=op.f('ck_batches_default_is_open')),
    sa.CheckConstraint("name <> ''", name=op.f('ck_batches_name_present')),
    sa.CheckConstraint('end_date > start_date', name=op.f('ck_batches_ends_after_start')),
    sa.CheckConstraint('enrolment_end_date <= end_date', name=op.f('ck_batches_enrolment_ends_before_end')),
    sa.CheckConstraint('enrolment_end_date >= start_date', name=op.f('ck_batches_enrolment_ends_after_start')),
    sa.CheckConstraint('participant_count >= 0', name=op.f('ck_batches_participants_counted')),
    sa.ForeignKeyConstraint(['course_id', 'organisation_id'], ['courses.id', 'courses.organisation_id'], name=op.f('fk_batches_course_id_organisation_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_batches_created_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_batches_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_batches'))
    )
    op.create_index('ix_batches_course', 'batches', ['course_id', 'start_date'], unique=False)
    op.create_index('ix_batches_created_by', 'batches', ['created_by_id'], unique=False)
    op.create_index('ix_batches_organisation', 'batches', ['organisation_id', 'start_date'], unique=False)
    op.create_index('uq_batches_default', 'batches', ['course_id'], unique=True, sqlite_where=sa.text('is_default'), postgresql_where=sa.text('is_default'))
    op.create_table('batch_mentors',
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['batches.id'], name=op.f('fk_batch_mentors_batch_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_batch_mentors_user_id')),
    sa.PrimaryKeyConstraint('batch_id', 'user_id', name=op.f('pk_batch_mentors'))
    )
    op.create_index('ix_batch_mentors_user', 'batch_mentors', ['user_id'], unique=False)
    op.create_table('batch_tallies',
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('percent', 'enrolled', 'completed', 'district', 'completed-district', name='kind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('key', sa.String(length=255), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['batches.id'], name=op.f('fk_batch_tallies_batch_id')),
    sa.PrimaryKeyConstraint('batch_id', 'kind', 'key', name=op.f('pk_batch_tallies'))
    )
    op.create_table('participants',
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('enrolled_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('enrolled_on', sa.Date(), nullable=False),
    sa.Column('enrolled_by_id', sa.Uuid(), nullable=True),
    sa.Column('completed_units', sa.Integer(), nullable=True),
    sa.Column('total_units', sa.Integer(), nullable=True),
    sa.Column('percent', sa.Integer(), nullable=False),
    sa.Column('last_activity_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('completed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('completed_on', sa.Date(), nullable=True),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('removed_by_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint('(completed_at IS NULL) = (completed_on IS NULL)', name=op.f('ck_participants_completed_on_a_day')),
    sa.CheckConstraint('(percent = 100) = (completed_at IS NOT NULL)', name=op.f('ck_participants_completed_at_100')),
    sa.CheckConstraint('completed_units >= 0 AND completed_units <= total_units', name=op.f('ck_participants_units')),
    sa.CheckConstraint('percent BETWEEN 0 AND 100', name=op.f('ck_participants_percent')),
    sa.CheckConstraint('removed_at IS NULL OR completed_at IS NULL', name=op.f('ck_participants_completed_stay')),
    sa.ForeignKeyConstraint(['batch_id'], ['batches.id'], name=op.f('fk_participants_batch_id')),
    sa.ForeignKeyConstraint(['enrolled_by_id'], ['users.id'], name=op.f('fk_participants_enrolled_by_id')),
    sa.ForeignKeyConstraint(['removed_by_id'], ['users.id'], name=op.f('fk_participants_removed_by_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_participants_user_id')),
    sa.PrimaryKeyConstraint('batch_id', 'user_id', name=op.f('pk_participants')),
    sqlite_with_rowid=False
    )
    op.create_index('ix_participants_enrolled', 'participants', ['batch_id', 'enrolled_on', 'user_id'], unique=False, sqlite_where=sa.text('removed_at IS NULL'), postgresql_where=sa.text('removed_at IS NULL'))
    op.create_index('ix_participants_user', 'participants', ['user_id'], unique=False)
    op.create_table('audit_entries',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('action', sa.String(length=255), nullable=False),
    sa.Column('through', sa.Enum('page', 'upload', 'api', 'command', name='through', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('upload_id', sa.Uuid(), nullable=True),
    sa.Column('batch_id', sa.Uuid(), nullable=True),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.Column('people', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['batches.id'], name=op.f('fk_audit_entries_batch_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_audit_entries_organisation_id')),
    sa.ForeignKeyConstraint(['upload_id'], ['uploads.id'], name=op.f('fk_audit_entries_upload_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_audit_entries_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entries'))
    )
    op.create_index('ix_audit_entries_batch', 'audit_entries', ['batch_id', 'id'], unique=False)
    op.create_index('ix_audit_entries_organisation', 'audit_entries', ['organisation_id', 'id'], unique=False)
    change(
        'upload_outcomes',
        alter_columns=(('collaboration', {'existing_type': sa.Text(), 'nullable': True}),
                       ('role', {'existing_type': sa.String(length=255), 'nullable': True})),
        old_checks=('state',),
        new_checks=(('state', "state IN ('waiting', 'sent', 'added', 'revived', 'removed', 'failed', 'skipped')"),),
    )
    change(
        'uploads',
        add_columns=(sa.Column('batch_id', sa.Uuid(), nullable=True),),
        alter_columns=(('invitations', {'existing_type': sa.Integer(), 'new_column_name': 'to_do'}),
                       ('sent', {'existing_type': sa.Integer(), 'new_column_name': 'done'})),
        foreign_keys=(('batches', 'batch_id'),),
        old_checks=('kind', 'counts_within_plan'),
        new_checks=(
            ('kind', "kind IN ('invitations', 'participants-add', 'participants-remove')"),
            ('counts_within_plan', 'done + failed + skipped <= planned'),
            ('participants_of_a_batch', "(kind = 'invitations') = (batch_id IS NULL)"),
        ),
    )
    change(
        'users',
        add_columns=(
            sa.Column('organisation_id', sa.Uuid(), nullable=True),
            sa.Column('state_id', sa.String(length=255), nullable=True),
            sa.Column('state_id_key', sa.String(length=255), nullable=True),
            sa.Column('district', sa.String(length=255), nullable=True),
            sa.Column('school', sa.String(length=255), nullable=True),
            sa.Column('block', sa.String(length=255), nullable=True),
            sa.Column('mobile', sa.String(length=255), nullable=True),
            sa.Column('search_text', sa.Text(), server_default='', nullable=False),
        ),
        foreign_keys=(('organisations', 'organisation_id'),),
        new_checks=(
            (
                'state_id_of_an_organisation',
                "state_id_key IS NULL OR (state_id_key <> '' AND organisation_id IS NOT NULL)",
            ),
            ('state_id_has_its_key', '(state_id IS NULL) = (state_id_key IS NULL)'),
        ),
    )
    op.create_index('uq_users_state_id', 'users', ['organisation_id', 'state_id_key'], unique=True)
    op.execute("UPDATE users SET search_text = lower(name || char(10) || email || char(10))"
               if is_sqlite() else "UPDATE users SET search_text = lower(name || chr(10) || email || chr(10))")


def downgrade() -> None:
    op.drop_index('uq_users_state_id', 'users')
    change(
        'users',
        drop_columns=('search_text', 'mobile', 'block', 'school', 'district', 'state_id_key', 'state_id',
                      'organisation_id'),
        old_checks=('state_id_of_an_organisation', 'state_id_has_its_key'),
    )
    op.execute("DELETE FROM upload_outcomes WHERE upload_id IN (SELECT id FROM uploads WHERE kind <> 'invitations')")
    op.execute("DELETE FROM upload_findings WHERE upload_id IN (SELECT id FROM uploads WHERE kind <> 'invitations')")
    op.execute("DELETE FROM upload_lines WHERE upload_id IN (SELECT id FROM uploads WHERE kind <> 'invitations')")
    op.drop_table('audit_entries')
    op.execute("DELETE FROM uploads WHERE kind <> 'invitations'")
    change(
        'uploads',
        alter_columns=(('to_do', {'existing_type': sa.Integer(), 'new_column_name': 'invitations'}),
                       ('done', {'existing_type': sa.Integer(), 'new_column_name': 'sent'})),
        drop_columns=('batch_id',),
        old_checks=('kind', 'counts_within_plan', 'participants_of_a_batch'),
        new_checks=(('kind', "kind IN ('invitations')"), ('counts_within_plan', 'sent + failed + skipped <= planned')),
    )
    change(
        'upload_outcomes',
        alter_columns=(('collaboration', {'existing_type': sa.Text(), 'nullable': False}),
                       ('role', {'existing_type': sa.String(length=255), 'nullable': False})),
        old_checks=('state',),
        new_checks=(('state', "state IN ('waiting', 'sent', 'failed', 'skipped')"),),
    )
    op.drop_table('participants')
    op.drop_table('batch_tallies')
    op.drop_table('batch_mentors')
    op.drop_table('batches')
    op.drop_table('courses')
