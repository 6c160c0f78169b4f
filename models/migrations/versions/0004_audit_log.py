"""Audit entries: from where, what they are searched by, and nobody changes or deletes one.

SQLite forgets the triggers of a table that is made anew: a later migration that does so with this one, as
`batch_alter_table` does, makes them again.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

ABOUT_OTHERS = sa.text('batch_id IS NULL AND collaboration_id IS NULL AND api_key_id IS NULL')
INDEXES = {
    'at': ('at', 'id'),
    'action': ('action', 'at', 'id'),
    'organisation': ('organisation_id', 'at', 'id'),
    'organisation_action': ('organisation_id', 'action', 'at', 'id'),
    'user': ('user_id', 'at', 'id'),
    'collaboration': ('collaboration_id', 'id'),
    'api_key': ('api_key_id', 'id'),
}

#: REPLACE deletes without asking the trigger that minds deleting: an ID that is there already is refused before.
ON_SQLITE = {
    'changed': 'BEFORE UPDATE ON audit_entries',
    'deleted': 'BEFORE DELETE ON audit_entries',
    'replaced': 'BEFORE INSERT ON audit_entries WHEN EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id)',
}
REFUSAL = 'audit entries are neither changed nor deleted'


def is_sqlite() -> bool:
    return bool(op.get_context().dialect.name == 'sqlite')


def upgrade() -> None:
    op.add_column('audit_entries', sa.Column('address', sa.String(length=255), nullable=True))
    op.drop_index('ix_audit_entries_organisation', table_name='audit_entries')
    for name, columns in INDEXES.items():
        op.create_index(f'ix_audit_entries_{name}', 'audit_entries', list(columns), unique=False)
    op.create_index('ix_audit_entries_others', 'audit_entries', ['organisation_id', 'id'], unique=False, sqlite_where=ABOUT_OTHERS, postgresql_where=ABOUT_OTHERS)
    if is_sqlite():
        for name, when in ON_SQLITE.items():
            op.execute(f"CREATE TRIGGER audit_entries_not_{name} {when} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END")
        return
    op.execute(
        "CREATE FUNCTION refuse_audit_changes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_entries_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_changes()"
    )


def downgrade() -> None:
    if is_sqlite():
        for name in ON_SQLITE:
            op.execute(f'DROP TRIGGER audit_entries_not_{name}')
    else:
        op.execute('DROP TRIGGER audit_entries_not_changed ON audit_entries')
        op.execute('DROP FUNCTION refuse_audit_changes()')
    op.drop_index('ix_audit_entries_others', table_name='audit_entries')
    for name in INDEXES:
        op.drop_index(f'ix_audit_entries_{name}', table_name='audit_entries')
    op.drop_column('audit_entries', 'address')
    op.create_index('ix_audit_entries_organisation', 'audit_entries', ['organisation_id', 'id'], unique=False)
