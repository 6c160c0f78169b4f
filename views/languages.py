"""Which language a page is in: the account's, or the one chosen at the foot of a page, or the browser's, or English.

Programs are answered in English, whatever they accept: they go by codes, and what clients of others' APIs compare
stays as it is.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import flask_babel
from babel import negotiate_locale
from flask import (
    Blueprint,
    Flask,
    current_app,
    flash,
    has_request_context,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from domain import accounts
from domain.language import ENGLISH, languages, name_of, sentence, sentence_for, speak, spoken, tag_of
from models import db
from views import access
from views.api.blueprint import blueprint_here
from views.forms.language import LanguageForm

bp = Blueprint("languages", __name__)

#: In an address and in a cookie alike, so that the choice outlasts the page.
CHOICE = "language"
A_YEAR = 365 * 24 * 3600


def register(app: Flask) -> None:
    """After `access.guard`: it is the account that says, and whoever writes must begin before it is asked."""
    app.jinja_env.globals.update(_=_gettext, gettext=_gettext, ngettext=_ngettext)
    app.before_request(_speak)
    app.after_request(_tell)
    app.teardown_request(_fall_silent)


# For templates: a table asks for hundreds of sentences, and Flask-Babel's takes twenty microseconds for each.


def _gettext(message: str, /, **values: Any) -> Markup:
    return _filled_in(sentence(message) if spoken() else flask_babel.get_translations().ugettext(message), values)


def _ngettext(one: str, many: str, count: int, /, **values: Any) -> Markup:
    known = sentence_for(count, one, many) if spoken() else flask_babel.get_translations().ungettext(one, many, count)
    return _filled_in(known, values)


def _filled_in(known: str, values: dict[str, Any]) -> Markup:
    """What people typed is escaped; a sentence of ours is not."""
    return Markup(known) % values if values else Markup(known.replace("%%", "%"))


def of_this_reader() -> str:
    """For Flask-Babel. The command line speaks English too."""
    if not has_request_context() or _is_a_call():
        return ENGLISH
    me = access.me_if_known()
    wanted = (me.language if me else None, request.args.get(CHOICE), request.cookies.get(CHOICE))
    chosen = next((code for code in wanted if code in languages()), None)
    return chosen or _liked_best()


def _liked_best() -> str:
    """By the browser: `nl-BE` is Dutch (RFC 4647, 3.4)."""
    codes = {tag_of(code).lower(): code for code in languages()}
    liked = [tag.lower() for tag in request.accept_languages.values()]
    return codes.get(negotiate_locale(liked, codes, sep="-") or "", ENGLISH)


@dataclass(frozen=True, slots=True)
class Offer:
    """A language that this page can be read in."""

    #: As `lang` takes it.
    tag: str
    name: str
    #: Where; empty where this page is it.
    query: str


def offers() -> list[Offer]:
    """None on a page that answers a form, and has no address to come back to."""
    if request.url_rule and "GET" not in (request.url_rule.methods or ()):
        return []
    return [Offer(tag_of(code), name_of(code), _query_for(code)) for code in languages()]


def _query_for(code: str) -> str:
    if code == str(flask_babel.get_locale()):
        return ""
    return "?" + urlencode({**request.args.to_dict(flat=False), CHOICE: code}, doseq=True)


@bp.route("/account/language", methods=["GET", "POST"])
@access.signed_in
def choose() -> Response | tuple[str, int]:
    form = LanguageForm(access.me().language)
    if not form.validate_on_submit():
        return render_template("account/language.html", form=form), 422 if form.is_submitted() else 200
    accounts.choose_language(access.me(), form.chosen)
    db.session.commit()
    flask_babel.refresh()  # the next sentence is in the new one
    flash(_("Your language has been changed."), "success")
    response = redirect(url_for("account.show"), 303)
    _keep(response, form.chosen)
    return response


def _keep(response: Response, code: str | None) -> None:
    """In this browser, for whoever is not signed in; nothing: as the browser itself asks."""
    if code is None:
        response.delete_cookie(CHOICE)
        return
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(CHOICE, code, max_age=A_YEAR, secure=secure, httponly=True, samesite="Lax")


def _speak() -> None:
    if request.endpoint not in access.OPEN_ENDPOINTS and not _is_a_call():
        speak(str(flask_babel.get_locale()))


def _is_a_call() -> bool:
    """Of the API, or it would be if there were such a one."""
    is_nothing = request.url_rule is None
    return blueprint_here() is not None or (is_nothing and request.path.startswith(("/api/", "/oauth2/")))


def _tell(response: Response) -> Response:
    """Caches keep a page for each language."""
    if response.mimetype == "text/html":
        response.vary.add("Accept-Language")
        if (chosen := request.args.get(CHOICE)) in languages():
            _keep(response, chosen)
    return response


def _fall_silent(_error: BaseException | None) -> None:
    """What this thread does next may be for somebody else."""
    speak(None)
