"""Retention: what has been kept for long enough goes. Files leave their counts; audit entries go only once the log says
so of their time, and never within thirty days, whatever it says.

Indexes over tables that may be large are built first, and CONCURRENTLY: people go on writing meanwhile, and no lock is
waited for in a hurry. Whoever runs the migration again after a build was broken off begins at the same place.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

from models.migrations.locks import without_haste

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

KEPT = sa.text("gone_at IS NULL AND state <> 'processing'")
TO_EMPTY = sa.text('gone_at IS NOT NULL AND emptied_at IS NULL')
CLOSED = sa.text("state <> 'waiting'")
UNANSWERED = sa.text('answered_at IS NULL')
ANSWERED = sa.text("answered_at IS NOT NULL AND status <> 'accepted'")
ADDRESSED = sa.text('role_invitation_id IS NOT NULL')
#: (name, table, column, which rows of it)
INDEXES = (
    ('ix_outbox_closed', 'outbox', 'sent_at', CLOSED),
    ('ix_outbox_role_invitation', 'outbox', 'role_invitation_id', ADDRESSED),
    ('ix_invitations_unanswered', 'invitations', 'expires_at', UNANSWERED),
    ('ix_invitations_answered', 'invitations', 'answered_at', ANSWERED),
    ('ix_role_invitations_unanswered', 'role_invitations', 'expires_at', UNANSWERED),
    ('ix_role_invitations_answered', 'role_invitations', 'answered_at', ANSWERED),
)
#: Over as many rows as there are files.
OF_UPLOADS = (
    ('ix_uploads_kept', 'uploads', 'created_at', KEPT),
    ('ix_uploads_to_empty', 'uploads', 'gone_at', TO_EMPTY),
)

REFUSAL = 'audit entries are neither changed nor deleted'
TOO_EARLY = 'audit entries are kept for thirty days at least'
MAY_GO = 'EXISTS (SELECT 1 FROM audit_retention WHERE OLD.at < kept_since)'


def is_sqlite() -> bool:
    return bool(op.get_context().dialect.name == 'sqlite')


def upgrade() -> None:
    with without_haste():
        for name, table, column, which in INDEXES:
            op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)
            op.create_index(
                name, table, [column], unique=False, sqlite_where=which, postgresql_where=which, postgresql_concurrently=True
            )
    with op.batch_alter_table('uploads') as batch_op:
        for name in ('gone_at', 'emptied_at'):
            batch_op.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))
        batch_op.create_check_constraint(op.f('ck_uploads_gone_when_over'), "gone_at IS NULL OR state IN ('done', 'discarded')")
        batch_op.create_check_constraint(op.f('ck_uploads_emptied_when_gone'), 'emptied_at IS NULL OR gone_at IS NOT NULL')
    for name, table, column, which in OF_UPLOADS:
        op.create_index(name, table, [column], unique=False, sqlite_where=which, postgresql_where=which)
    op.create_table('audit_retention',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('kept_since', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_audit_retention_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_retention'))
    )
    (guard_on_sqlite if is_sqlite() else guard_on_postgresql)()


def guard_on_sqlite() -> None:
    op.execute('DROP TRIGGER audit_entries_not_deleted')
    op.execute(
        f'CREATE TRIGGER audit_entries_not_deleted BEFORE DELETE ON audit_entries WHEN NOT {MAY_GO} '
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    )
    for what in ('INSERT', 'UPDATE'):
        op.execute(
            f'CREATE TRIGGER audit_retention_not_short_on_{what.lower()} BEFORE {what} ON audit_retention '
            "WHEN NEW.kept_since > strftime('%Y-%m-%d %H:%M:%f', 'now', '-30 days') "
            f"BEGIN SELECT RAISE(ABORT, '{TOO_EARLY}'); END"
        )


def guard_on_postgresql() -> None:
    op.execute('DROP TRIGGER audit_entries_not_changed ON audit_entries')
    op.execute(
        'CREATE TRIGGER audit_entries_not_changed BEFORE UPDATE OR TRUNCATE ON audit_entries '
        'FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_changes()'
    )
    op.execute(
        'CREATE FUNCTION refuse_audit_deletion() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN '
        f"IF NOT {MAY_GO} THEN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END IF; "
        'RETURN OLD; END $$'
    )
    op.execute(
        'CREATE TRIGGER audit_entries_not_deleted BEFORE DELETE ON audit_entries '
        'FOR EACH ROW EXECUTE FUNCTION refuse_audit_deletion()'
    )
    op.execute(
        'CREATE FUNCTION refuse_short_audit_retention() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN '
        "IF NEW.kept_since > now() - interval '30 days' THEN "
        f"RAISE EXCEPTION '{TOO_EARLY}' USING ERRCODE = 'restrict_violation'; END IF; "
        'RETURN NEW; END $$'
    )
    op.execute(
        'CREATE TRIGGER audit_retention_not_short BEFORE INSERT OR UPDATE ON audit_retention '
        'FOR EACH ROW EXECUTE FUNCTION refuse_short_audit_retention()'
    )


def downgrade() -> None:
    """What is gone stays so: before this revision, the page of such an upload shows its counts and an empty list."""
    (unguard_on_sqlite if is_sqlite() else unguard_on_postgresql)()
    op.drop_table('audit_retention')
    for name, table, _column, _which in reversed((*INDEXES, *OF_UPLOADS)):
        op.drop_index(name, table_name=table)
    with op.batch_alter_table('uploads') as batch_op:
        for name in ('gone_when_over', 'emptied_when_gone'):
            batch_op.drop_constraint(op.f(f'ck_uploads_{name}'), type_='check')
        for name in ('gone_at', 'emptied_at'):
            batch_op.drop_column(name)


def unguard_on_sqlite() -> None:
    for what in ('insert', 'update'):
        op.execute(f'DROP TRIGGER audit_retention_not_short_on_{what}')
    op.execute('DROP TRIGGER audit_entries_not_deleted')
    op.execute(
        f"CREATE TRIGGER audit_entries_not_deleted BEFORE DELETE ON audit_entries BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    )


def unguard_on_postgresql() -> None:
    op.execute('DROP TRIGGER audit_retention_not_short ON audit_retention')
    op.execute('DROP FUNCTION refuse_short_audit_retention()')
    op.execute('DROP TRIGGER audit_entries_not_deleted ON audit_entries')
    op.execute('DROP FUNCTION refuse_audit_deletion()')
    op.execute('DROP TRIGGER audit_entries_not_changed ON audit_entries')
    op.execute(
        'CREATE TRIGGER audit_entries_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries '
        'FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_changes()'
    )
