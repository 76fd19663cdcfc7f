"""OnMeet: privacy-first video meetings.

This module stays empty on purpose: the relay and the telephone gateway are processes of their own and must
not load Flask because they import a package below this one. `create_app` is in `onmeet.web.app`.
"""

__version__ = "0.1.0"
