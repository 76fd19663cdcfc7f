"""Run by Alembic: migrates on the connection, and in the transaction, of `onmeet.migrations.upgrade`."""

from alembic import context

from onmeet.accounts import models as _accounts  # noqa: F401 - fills the metadata
from onmeet.db import Base
from onmeet.mail import models as _mail  # noqa: F401 - fills the metadata
from onmeet.meetings import models as _meetings  # noqa: F401 - fills the metadata
from onmeet.notices import models as _notices  # noqa: F401 - fills the metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
context.run_migrations()
