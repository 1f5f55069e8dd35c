"""Runs migrations on the connection `classroom/store/migrate.py` opened, inside its transaction."""

from alembic import context

from classroom.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transaction_per_migration=False)
context.run_migrations()
