"""The pages of an account about its own data: see, take along, delete, restrict, object."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, session, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet import clock
from onmeet.errors import UserError
from onmeet.notices import access, export, wording
from onmeet.notices.requests import Filed, RequestGone
from onmeet.notices.rights import resting_on_interest
from onmeet.notices.versions import addressed
from onmeet.web.contexts import DeleteAccountPage, MyDataPage, PassedOnPage, RightsPage
from onmeet.web.groups import parting
from onmeet.web.language import language
from onmeet.web.own_forms import AnswerForm, DeleteForm
from onmeet.web.own_view import consent_lines, groups, request_line, stay_lines
from onmeet.web.services import services
from onmeet.web.signing.details import PASSWORDS, unconfirmed

__all__ = ["blueprint"]

blueprint = Blueprint("my_data", __name__, url_prefix="/account")

MOST = 25
"""Rows of each table on the page; the export has all of them."""


@blueprint.get("")
@login_required  # type: ignore[untyped-decorator]
def home() -> AnyResponse:
    """The way to the first of these pages."""
    return redirect(url_for("my_data.data"))


@blueprint.get("/data")
@login_required  # type: ignore[untyped-decorator]
def data() -> Response:
    """Everything held about this person, item by item."""
    return _data(DeleteForm(formdata=None))


@blueprint.post("/export")
@PASSWORDS
@login_required  # type: ignore[untyped-decorator]
def take_along() -> AnyResponse:
    """The zip, written while it is sent."""
    form = DeleteForm()
    if problem := unconfirmed(form):
        return _data(form, problem, 422)
    behind = services()
    policy = addressed(behind.policy, behind.config)
    pieces = export.stream(behind.database, _me(), policy, clock.now(), language=language())
    response = Response(pieces, mimetype="application/zip")
    response.headers["Content-Disposition"] = 'attachment; filename="onmeet.zip"'
    return response


@blueprint.post("/items/<table>/<key>/delete")
@login_required  # type: ignore[untyped-decorator]
def delete_item(table: str, key: str) -> AnyResponse:
    """Erase one row: a meeting, a record, a consent."""
    services().erasure.item(_me(), table, key, clock.now())
    flash(gettext("Deleted. It cannot be restored."))
    return redirect(url_for("my_data.data"), 303)


@blueprint.post("/values/<column>/delete")
@login_required  # type: ignore[untyped-decorator]
def delete_value(column: str) -> AnyResponse:
    """Erase one optional value of the account."""
    services().erasure.value(_me(), column, clock.now())
    flash(gettext("Deleted. It cannot be restored."))
    return redirect(url_for("my_data.data"), 303)


@blueprint.get("/rights")
@login_required  # type: ignore[untyped-decorator]
def rights() -> Response:
    """Consents, restriction, objection, and requests."""
    behind, me = services(), _me()
    details = behind.own.details(me)
    names = [wording.category(name, language()) for name in sorted(resting_on_interest(behind.policy))]
    return RightsPage(
        restricted=details.restricted,
        objected=details.objected,
        objectionable=wording.listing(names, language()),
        consents=consent_lines(behind.consents.of(me), behind.policy, language()),
        requests=[request_line(filed) for filed in behind.requests.of_account(me)],
        passed_on=[request_line(filed) for filed in behind.requests.passed_to(me)],
    ).render()


@blueprint.post("/restriction/<any(on,off):state>")
@login_required  # type: ignore[untyped-decorator]
def restrict(state: str) -> AnyResponse:
    """Restrict processing (Art. 18), or lift the restriction."""
    services().own.restrict(_me(), state == "on")
    flash(gettext("Restricted.") if state == "on" else gettext("The restriction is lifted."))
    return redirect(url_for("my_data.rights"), 303)


@blueprint.post("/objection/<any(on,off):state>")
@login_required  # type: ignore[untyped-decorator]
def object_to(state: str) -> AnyResponse:
    """Object (Art. 21): nothing new on legitimate interest, and what there is is erased."""
    behind = services()
    behind.own.object_to(_me(), state == "on")
    if state == "on":
        behind.erasure.categories(_me(), resting_on_interest(behind.policy), clock.now())
        flash(gettext("Your objection holds. What it is about is erased."))
    else:
        flash(gettext("Your objection is taken back."))
    return redirect(url_for("my_data.rights"), 303)


@blueprint.post("/consents/<name>/<any(give,withdraw):action>")
@login_required  # type: ignore[untyped-decorator]
def decide(name: str, action: str) -> AnyResponse:
    """Give a consent or take it back: one button each."""
    behind = services()
    if action == "give":
        agreed = (wording.consent(name, language()) or ("", name))[1]
        behind.consents.give(_me(), name, agreed, clock.now())
        flash(gettext("Thank you. You can take it back here at any time."))
    else:
        behind.consents.withdraw(_me(), name, clock.now())
        flash(gettext("Your consent is withdrawn."))
    return redirect(url_for("my_data.rights"), 303)


@blueprint.get("/requests/<int:number>")
@login_required  # type: ignore[untyped-decorator]
def passed_on(number: int) -> Response:
    """A request that this account is to answer."""
    return PassedOnPage(request_line=request_line(_passed(number)), form=AnswerForm(formdata=None)).render()


@blueprint.post("/requests/<int:number>")
@login_required  # type: ignore[untyped-decorator]
def answer(number: int) -> AnyResponse:
    """Answer it; the answer is mailed to the person."""
    filed, form = _passed(number), AnswerForm()
    if not form.validate_on_submit():
        return PassedOnPage(request_line=request_line(filed), form=form).render(422)
    given, refused = form.answer.data, form.refused.data
    services().requests.answer(number, given, clock.now(), refused=refused, by=_me())
    flash(gettext("Your answer is on its way."))
    return redirect(url_for("my_data.rights"), 303)


@blueprint.get("/delete")
@login_required  # type: ignore[untyped-decorator]
def farewell() -> Response:
    """What deleting the account means, and what stays."""
    return _farewell(DeleteForm(formdata=None))


@blueprint.post("/delete")
@PASSWORDS
@login_required  # type: ignore[untyped-decorator]
def delete_account() -> AnyResponse:
    """Erase everything."""
    form = DeleteForm()
    if problem := unconfirmed(form):
        return _farewell(form, problem, 422)
    if not parting.may_go(request.form.get("group") == "too"):
        problem = gettext("Hand your group over first, or say that it is to be deleted as well.")
        return _farewell(form, problem, 422)
    erased = services().erasure.account(_me(), clock.now())
    session.clear()
    if erased.stays:
        flash(gettext("Your account is deleted. What a law keeps stays to its end, and nothing else."))
    else:
        flash(gettext("Your account is deleted, with everything that was held about you."))
    return redirect(url_for("pages.landing"), 303)


def _me() -> int:
    return int(current_user.person.id)


def _data(form: DeleteForm, problem: str = "", status: int = 200) -> Response:
    behind, now, me = services(), clock.now(), _me()
    with behind.database.reading() as reading:
        held = access.held(reading, me, behind.policy, now, most=MOST)
        seen = access.others(reading, me, behind.policy, now, most=MOST)
        counts = (access.count_of(reading, table, me) for table in access.people_tables())
        more = sum(max(0, count - MOST) for count in counts)
    return MyDataPage(
        groups=groups(held, behind.policy, language()),
        others=groups(seen, behind.policy, language()),
        more=more,
        sign_ins=behind.own.details(me).sign_ins,
        form=form,
        problem=problem,
    ).render(status)


def _farewell(form: DeleteForm, problem: str = "", status: int = 200) -> Response:
    stays = services().erasure.stays(_me(), clock.now())
    group, others = parting.owned()
    return DeleteAccountPage(
        stays=stay_lines(stays, language()), form=form, group=group, others=others, problem=problem
    ).render(status)


def _passed(number: int) -> Filed:
    try:
        filed = services().requests.get(number)
    except RequestGone:
        raise UserError(gettext("There is no such request."), 404) from None
    if filed.passed_to != _me():
        raise UserError(gettext("There is no such request."), 404)
    return filed
