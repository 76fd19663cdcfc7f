"""The notice as it holds for whoever is signed in: as their group tightens it."""

from __future__ import annotations

from flask_login import current_user

from onmeet.notices.policy import Policy
from onmeet.web.services import services

__all__ = ["my_policy"]


def my_policy() -> Policy:
    """What may be kept about who is signed in; the notice in force for everybody else."""
    behind = services()
    account = current_user.person.id if current_user.is_authenticated else None
    return behind.groups.policy_of(account).narrowed(behind.policy)
