"""Large installations: indexes for what a million people are searched by, and for sweeps and deletions that otherwise
look through everything.

Those over tables that may be large are built CONCURRENTLY: people go on writing meanwhile, and no lock is waited for
in a hurry. A build that is broken off leaves an index that serves nobody; running the migration again replaces it.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

from models.migrations.locks import without_haste

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

ADMINS = sa.text('is_platform_admin')
WAITING = sa.text('auto_enrol AND fulfilled_at IS NULL')
#: (name, table, columns, which rows of it)
INDEXES = (
    ('ix_users_platform_admins', 'users', ('name', 'id'), ADMINS),
    ('ix_invitations_invited_by', 'invitations', ('invited_by_id',), None),
    ('ix_invitation_groups_group', 'invitation_groups', ('group_id',), None),
    ('ix_pending_enrolments_waiting', 'pending_enrolments', ('email_key',), WAITING),
)
#: On PostgreSQL only: (name, table, expression, which rows of it)
SEARCHED = (
    ('ix_users_search', 'users', 'parts_of(search_text)', None),
    ('ix_audit_entries_people', 'audit_entries', 'named_in(people)', sa.text('batch_id IS NULL')),
)

#: Every three characters that follow one another, and what is left at the end; taken apart by a character that no text
#: has in it.
PARTS_OF = r"""
CREATE OR REPLACE FUNCTION parts_of(searched text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT array_to_tsvector(array_remove(string_to_array(
    regexp_replace(searched, '(...)', E'\\1\x01', 'g') || E'\x01'
    || regexp_replace(substr(searched, 2), '(...)', E'\\1\x01', 'g') || E'\x01'
    || regexp_replace(substr(searched, 3), '(...)', E'\\1\x01', 'g'), E'\x01'), ''))
$$
"""
NAMED_IN = """
CREATE OR REPLACE FUNCTION named_in(people json) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT array(SELECT lower(person) FROM json_each(people) AS outcome, json_array_elements_text(outcome.value) AS person)
$$
"""


def is_postgresql() -> bool:
    return bool(op.get_context().dialect.name == 'postgresql')


def upgrade() -> None:
    if not is_postgresql():
        for name, table, columns, which in INDEXES:
            op.create_index(name, table, list(columns), unique=False, sqlite_where=which)
        return
    op.execute(PARTS_OF)
    op.execute(NAMED_IN)
    with without_haste():
        for name, table, columns, which in INDEXES:
            op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)
            op.create_index(name, table, list(columns), unique=False, postgresql_where=which, postgresql_concurrently=True)
        for name, table, expression, which in SEARCHED:
            op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)
            op.create_index(name, table, [sa.text(expression)], unique=False, postgresql_using='gin', postgresql_where=which, postgresql_concurrently=True)


def downgrade() -> None:
    if is_postgresql():
        for name, table, _expression, _which in SEARCHED:
            op.drop_index(name, table_name=table)
        op.execute('DROP FUNCTION named_in(json)')
        op.execute('DROP FUNCTION parts_of(text)')
    for name, table, _columns, _which in reversed(INDEXES):
        op.drop_index(name, table_name=table)
