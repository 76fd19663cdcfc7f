"""What those who run a group set: invitations, domains, policy, sign-in service."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet import clock
from onmeet.errors import ProviderError, UserError
from onmeet.groups.membership import Role
from onmeet.groups.policy import GroupPolicy, shortest_days, withholdable
from onmeet.notices import wording
from onmeet.web.factors.guards import fresh_required
from onmeet.web.groups import words
from onmeet.web.groups.asking import guard, me, ruling
from onmeet.web.groups.contexts import DomainsPage, InvitationsPage, PolicyPage, SignInServicePage
from onmeet.web.groups.forms import DomainForm, InvitationForm, PolicyForm, SignInServiceForm
from onmeet.web.language import language
from onmeet.web.limits import limiter
from onmeet.web.security import site_origin
from onmeet.web.services import services

__all__ = ["blueprint"]

blueprint = Blueprint("running_groups", __name__, url_prefix="/group")
guard(blueprint)


@blueprint.get("/invitations")
@login_required  # type: ignore[untyped-decorator]
def invitations() -> Response:
    """The links into the group."""
    return _invitations(InvitationForm(formdata=None))


@blueprint.post("/invitations")
@limiter.limit("30 per minute; 200 per hour")
@login_required  # type: ignore[untyped-decorator]
def invite() -> Response:
    """Make a link and show it: this once, because only its hash is kept."""
    form = InvitationForm()
    if not form.validate_on_submit():
        return _invitations(form, problem=gettext("That number is not possible."), status=422)
    role: Role = "admin" if form.role.data == "admin" else "member"
    token = services().invitations.make(me(), role, uses=form.uses.data, days=form.days.data, now=clock.now())
    link = site_origin(services().config) + url_for("joining.look", token=token)
    return _invitations(InvitationForm(formdata=None), link=link)


@blueprint.post("/invitations/<int:number>/revoke")
@login_required  # type: ignore[untyped-decorator]
def revoke(number: int) -> AnyResponse:
    """Make a link lead nowhere."""
    services().invitations.revoke(me(), number)
    flash(gettext("The invitation is withdrawn."))
    return redirect(url_for("running_groups.invitations"), 303)


@blueprint.get("/domains")
@login_required  # type: ignore[untyped-decorator]
def domains() -> Response:
    """The mail domains of the group."""
    return _domains(DomainForm(formdata=None))


@blueprint.post("/domains")
@limiter.limit("30 per hour")
@login_required  # type: ignore[untyped-decorator]
def add_domain() -> AnyResponse:
    """Name a domain that is to be proven."""
    form = DomainForm()
    if not form.validate_on_submit():
        return _domains(form, gettext("Please give a domain, such as example.org."), 422)
    try:
        services().domains.add(me(), form.domain.data)
    except UserError as error:
        if error.status == 404:
            raise
        return _domains(form, gettext(error.message), error.status)
    return redirect(url_for("running_groups.domains"), 303)


@blueprint.post("/domains/<int:number>/check")
@limiter.limit("10 per minute; 60 per hour")
@login_required  # type: ignore[untyped-decorator]
def check_domain(number: int) -> AnyResponse:
    """Ask the DNS."""
    try:
        found = services().domains.check(me(), number, clock.now().date())
    except ProviderError:
        return _domains(
            DomainForm(formdata=None), gettext("The DNS does not answer. Try again in a moment."), 503
        )
    if not found:
        return _domains(
            DomainForm(formdata=None),
            gettext("The record is not there yet. It can take some hours until the DNS knows it."),
            409,
        )
    flash(gettext("Proven: the domain is yours."))
    return redirect(url_for("running_groups.domains"), 303)


@blueprint.post("/domains/<int:number>/remove")
@login_required  # type: ignore[untyped-decorator]
def remove_domain(number: int) -> AnyResponse:
    """Take a domain away."""
    services().domains.remove(me(), number)
    flash(gettext("The domain is taken away. Members stay members."))
    return redirect(url_for("running_groups.domains"), 303)


@blueprint.get("/policy")
@login_required  # type: ignore[untyped-decorator]
def policy() -> Response:
    """How the group tightens the notice."""
    now = services().groups.policy(ruling().group)
    form = PolicyForm(
        formdata=None,
        days=now.days,
        no_telephone=not now.telephone,
        no_dial_out=not now.dial_out,
        lobby=now.lobby,
    )
    return _policy(form, now.withheld)


@blueprint.post("/policy")
@login_required  # type: ignore[untyped-decorator]
def tighten() -> AnyResponse:
    """Tighten it, or no longer."""
    form, withheld = PolicyForm(), frozenset(request.form.getlist("withheld"))
    if not form.validate_on_submit():
        return _policy(form, withheld, gettext("That number is not possible."), 422)
    wanted = GroupPolicy(
        withheld, form.days.data, not form.no_telephone.data, not form.no_dial_out.data, form.lobby.data
    )
    try:
        services().groups.tighten(me(), wanted)
    except UserError as error:
        if error.status == 404:
            raise
        return _policy(form, withheld, gettext(error.message), error.status)
    flash(
        gettext(
            "Saved. It holds from now on; what was kept before goes within an hour. Every member can read it."
        )
    )
    return redirect(url_for("groups.home"), 303)


@blueprint.get("/sign-in")
@login_required  # type: ignore[untyped-decorator]
def sign_in() -> Response:
    """The group's own sign-in service."""
    now = services().single_sign_on.settings(me())
    form = SignInServiceForm(formdata=None, issuer=now.issuer, client=now.client, required=now.required)
    return _sign_in(form)


@blueprint.post("/sign-in")
@limiter.limit("30 per hour")
@fresh_required(back="running_groups.sign_in")
def set_sign_in() -> AnyResponse:
    """Set it up, or take it away."""
    form = SignInServiceForm()
    if not form.validate_on_submit():
        return _sign_in(form, gettext("Please use letters, digits and ordinary signs only."), 422)
    try:
        services().single_sign_on.change(
            me(),
            issuer=form.issuer.data,
            client=form.client.data,
            secret=form.secret.data,
            required=form.required.data,
        )
    except UserError as error:
        if error.status == 404:
            raise
        return _sign_in(form, gettext(error.message), error.status)
    flash(gettext("Saved."))
    return redirect(url_for("running_groups.sign_in"), 303)


def _invitations(form: InvitationForm, *, link: str = "", problem: str = "", status: int = 200) -> Response:
    here = ruling()
    if here.role != "owner":
        form.role.choices = form.role.choices[:1]
    found = services().invitations.of(me(), clock.now())
    return InvitationsPage(
        here=here,
        invitations=[
            (each.number, str(words.ROLES[each.role]), each.uses_left, each.expires) for each in found
        ],
        form=form,
        link=link,
        problem=problem,
    ).render(status)


def _domains(form: DomainForm, problem: str = "", status: int = 200) -> Response:
    here = ruling()
    return DomainsPage(here=here, domains=services().domains.of(me()), form=form, problem=problem).render(
        status
    )


def _policy(form: PolicyForm, withheld: frozenset[str], problem: str = "", status: int = 200) -> Response:
    notice = services().policy
    choices = [
        (category, wording.category(category, language()), category in withheld)
        for category in withholdable(notice)
    ]
    return PolicyPage(
        here=ruling(),
        choices=choices,
        records=shortest_days(notice) is not None,
        form=form,
        problem=problem,
    ).render(status)


def _sign_in(form: SignInServiceForm, problem: str = "", status: int = 200) -> Response:
    return SignInServicePage(
        here=ruling(), service=services().single_sign_on.settings(me()), form=form, problem=problem
    ).render(status)
