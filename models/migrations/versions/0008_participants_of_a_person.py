"""Participants of a person: looked up by the batch, too.

PostgreSQL believes of a batch that has just been filled that it is empty, and looked for somebody in it among all
batches that the person has ever been in. Built CONCURRENTLY, as those of 0007; the one that it replaces goes last.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

from models.migrations.locks import without_haste

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

BY_PERSON = ('ix_participants_user', ['user_id'])
BY_PERSON_AND_BATCH = ('ix_participants_user_batch', ['user_id', 'batch_id'])


def replace(old: tuple[str, list[str]], new: tuple[str, list[str]]) -> None:
    """A build that was broken off has left an index that serves nobody: it goes first."""
    name, columns = new
    with without_haste():
        op.drop_index(name, table_name='participants', if_exists=True, postgresql_concurrently=True)
        op.create_index(name, 'participants', columns, unique=False, postgresql_concurrently=True)
        op.drop_index(old[0], table_name='participants', if_exists=True, postgresql_concurrently=True)


def upgrade() -> None:
    replace(BY_PERSON, BY_PERSON_AND_BATCH)


def downgrade() -> None:
    replace(BY_PERSON_AND_BATCH, BY_PERSON)
