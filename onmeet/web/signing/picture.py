"""A picture of oneself, where the notice permits one."""

from __future__ import annotations

import io
from typing import IO

from flask import Blueprint, Flask, Request, Response, abort, flash, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet.accounts.pictures import MAX_BYTES, NotAPicture, portrait
from onmeet.web.groups.tightening import my_policy
from onmeet.web.limits import limiter
from onmeet.web.services import services
from onmeet.web.signing.details import details_page
from onmeet.web.signing.forms import PictureForm

__all__ = ["blueprint", "init_app"]

blueprint = Blueprint("picture", __name__, url_prefix="/account/picture")

ROOM_FOR_THE_FORM = 64 * 1024


class _InMemory(Request):
    """Files of a form stay in memory: by default those over 500 kB would pass through the disk."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return io.BytesIO()


def init_app(app: Flask) -> None:
    """Let this one form be bigger than all others. Before the extensions, which read forms."""
    app.request_class = _InMemory
    app.before_request(_more_room)


@blueprint.get("")
@login_required  # type: ignore[untyped-decorator]
def show() -> Response:
    """The picture of whoever is signed in."""
    picture = services().own.picture(_me())
    if picture is None:
        abort(404)
    return Response(picture, mimetype="image/webp")


@blueprint.post("")
@limiter.limit("10 per minute; 60 per hour")
@login_required  # type: ignore[untyped-decorator]
def upload() -> AnyResponse:
    """Take another picture; the one from before is erased."""
    if not my_policy().stores("account.picture"):
        abort(404)
    form = PictureForm(prefix="picture")
    if not form.validate_on_submit():
        return details_page(picture=form, status=422)
    try:
        services().own.set_picture(_me(), portrait(form.picture.data.read()))
    except NotAPicture:
        problem = gettext("Please choose a picture: JPEG, PNG or WebP, of five megabytes at most.")
        return details_page(problem=problem, status=422)
    flash(gettext("Your picture is kept, small and without what cameras write into pictures."))
    return redirect(url_for("details.show"), 303)


def _more_room() -> None:
    if request.endpoint == "picture.upload" and request.method == "POST":
        request.max_content_length = MAX_BYTES + ROOM_FOR_THE_FORM


def _me() -> int:
    return int(current_user.person.id)
