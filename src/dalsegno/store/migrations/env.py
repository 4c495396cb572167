"""What Alembic executes to migrate: it takes the connection that `store.migrate` hands over."""

from alembic import context

from dalsegno.store.schema import metadata
from dalsegno.store.version import TABLE

# SQLite takes part in transactions with its table changes too; Alembic would not use that unasked
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
