"""Run by Alembic: migrates on the connection, and in the transaction, of `onmeet.migrations.upgrade`."""

from alembic import context

from onmeet.db import Base
from onmeet.migrations import tables as _tables  # noqa: F401 - fills the metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
context.run_migrations()
