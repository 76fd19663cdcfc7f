"""The operator's pages: how the instance does, and helping people with their accounts and requests.

For accounts with the operator's role that came with a passkey or a second factor and have just proved to be
there. Each act is written into a log that shows when somebody changed it. No page here shows who met whom, or
what anybody keeps.
"""

from onmeet.web.admin.views import blueprint

__all__ = ["blueprint"]
