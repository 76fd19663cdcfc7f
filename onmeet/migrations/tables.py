"""Every module that declares tables, imported: for what works on all of them (migrations, back-ups, keys)."""

from onmeet.accounts import models as _accounts  # noqa: F401
from onmeet.billing import models as _billing  # noqa: F401
from onmeet.groups import models as _groups  # noqa: F401
from onmeet.mail import models as _mail  # noqa: F401
from onmeet.meetings import models as _meetings  # noqa: F401
from onmeet.notices import models as _notices  # noqa: F401
from onmeet.phone import models as _phone  # noqa: F401
