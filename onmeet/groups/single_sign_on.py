"""A group's own sign-in service (OpenID Connect): where it is, and who must use it.

The owner never has to use it: a service that is down, or set up wrongly, must not lock everybody out.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from onmeet.db import Database
from onmeet.errors import N_, UserError
from onmeet.groups import secrets
from onmeet.groups.dns_proof import domain_name
from onmeet.groups.membership import group_of, membership, ruled
from onmeet.groups.models import Group, GroupDomain
from onmeet.groups.ties import release_members

__all__ = ["SignInService", "SingleSignOn"]

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class SignInService:
    """group: the group's id. issuer: the service's address. client: our name there. secret: ours, in clear.

    required: members have no other way in. domains: those that are proven to be the group's.
    """

    group: int
    name: str
    issuer: str
    client: str
    secret: str
    required: bool
    domains: tuple[str, ...]

    def __repr__(self) -> str:
        return f"SignInService(group={self.group})"  # the secret stays out of tracebacks

    @property
    def usable(self) -> bool:
        """Whether anybody can sign in with it."""
        return bool(self.issuer and self.client and self.domains)


class SingleSignOn:
    """Settings of these services. secret_key: `Config.secret_key`. local: whether a service on this machine
    will do, over plain http; not where strangers may run groups, who would have this server look around."""

    def __init__(self, database: Database, *, secret_key: str, local: bool = False) -> None:
        self._database = database
        self._secret_key = secret_key
        self._local = local

    def of_group(self, group_id: int) -> SignInService:
        """The sign-in service of a group. Raises `GroupGone`, and `CannotOpen` for its secret."""
        with self._database.reading() as session:
            return self._view(session, group_of(session, group_id))

    def settings(self, account_id: int) -> SignInService:
        """The same for an admin, without the secret. Raises `GroupGone`."""
        with self._database.reading() as session:
            group = group_of(session, ruled(session, account_id).group)
            return self._view(session, group, with_secret=False)

    def for_address(self, email: str) -> SignInService | None:
        """The usable service of a group to which the domain of an address belongs."""
        name = domain_name(email.rpartition("@")[2]) or ""
        proven = select(GroupDomain.group_id).where(
            GroupDomain.domain == name, GroupDomain.verified_on.is_not(None)
        )
        with self._database.reading() as session:
            query = select(Group).where(Group.id.in_(proven), Group.sso_issuer != "", Group.sso_client != "")
            group = session.scalar(query.order_by(Group.id).limit(1))
            return self._view(session, group) if group is not None else None

    def demands(self, account_id: int) -> bool:
        """Whether somebody may sign in with it alone: passwords and passkeys are refused."""
        with self._database.reading() as session:
            here = membership(session, account_id)
            if here is None or here.role == "owner":
                return False
            return self._view(session, group_of(session, here.group), with_secret=False).required

    def demanded_by(self, group_id: int) -> str:
        """The address of the service that members of a group must use, or empty. Raises `GroupGone`."""
        with self._database.reading() as session:
            service = self._view(session, group_of(session, group_id), with_secret=False)
        return service.issuer if service.required else ""

    def change(self, account_id: int, *, issuer: str, client: str, secret: str, required: bool) -> None:
        """Set it up; an empty issuer takes it away, an empty secret leaves the old one. For the owner.

        Another service, or another name there, may call the same people by other names: their accounts are
        tied anew.

        Raises `GroupGone`, or `UserError` (422) for what cannot work.
        """
        issuer, client = issuer.strip().rstrip("/"), client.strip()
        if issuer and not _is_issuer(issuer, local=self._local):
            raise UserError(N_("The address of the sign-in service must begin with https://."), 422)
        if issuer and not client:
            raise UserError(N_("Please say by which name the sign-in service knows this server."), 422)
        with self._database.writing() as session:
            group = group_of(session, ruled(session, account_id, "owner").group)
            moved = group.sso_issuer != issuer  # a secret is told to the service that it was made for only
            if required and not (issuer and _domains(session, group.id)):
                raise UserError(N_("Prove a domain of the group first, so that members can sign in."), 422)
            if moved or group.sso_client != client:
                release_members(session, group.id)
            group.sso_issuer, group.sso_client = issuer, client if issuer else ""
            group.sso_required = required and bool(issuer)
            if secret or moved:
                group.sso_secret = secrets.seal(self._secret_key, group.id, secret if issuer else "")

    def _view(self, session: Session, group: Group, *, with_secret: bool = True) -> SignInService:
        secret = secrets.open(self._secret_key, group.id, group.sso_secret) if with_secret else ""
        domains = _domains(session, group.id)
        required = group.sso_required and bool(group.sso_issuer and domains)
        return SignInService(
            group.id, group.name, group.sso_issuer, group.sso_client, secret, required, domains
        )


def _domains(session: Session, group_id: int) -> tuple[str, ...]:
    query = select(GroupDomain.domain).where(
        GroupDomain.group_id == group_id, GroupDomain.verified_on.is_not(None)
    )
    return tuple(session.scalars(query.order_by(GroupDomain.domain)))


def _is_issuer(text: str, *, local: bool) -> bool:
    """Whether it is an address for an issuer (OpenID Connect Discovery 1.0 §2)."""
    try:
        url = urlsplit(text)
    except ValueError:
        return False
    if url.hostname in _LOOPBACK:
        return local and url.scheme in ("http", "https")
    plain = not (url.query or url.fragment or url.username)
    return bool(url.scheme == "https" and url.hostname and plain and domain_name(url.hostname))
