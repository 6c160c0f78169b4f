"""What a person signs in with at providers, on the page of their account: linked, and unlinked."""

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from domain import identities
from domain.identities import Ending, SignInEnded, Told
from domain.permissions import may_unlink
from models import Identity, db
from views import access, providers

bp = Blueprint("identities", __name__)


def ask_whether_to_link(told: Told) -> Response:
    """Asked of whoever comes back from a provider, since they may have been signed in there as somebody else.

    Raises `SignInEnded`.
    """
    if not access.is_signed_in():
        raise SignInEnded(Ending.EXPIRED)
    owner = identities.owner_of(told.issuer, told.subject)
    if owner is not None and owner.id != access.me().id:
        raise SignInEnded(Ending.TAKEN)
    if owner is not None:
        flash(_("It is linked to your account already."), "info")
        return redirect(url_for("account.show"), 303)
    session["to_link"] = (told.issuer, told.subject, told.label)
    return redirect(url_for("identities.ask_to_link"), 303)


@bp.get("/account/link")
@access.signed_in
def ask_to_link() -> str | Response:
    if "to_link" not in session:
        return redirect(url_for("account.show"), 303)
    issuer, _subject, label = session["to_link"]
    return render_template("account/link.html", provider=providers.name_of(issuer), label=label)


@bp.post("/account/link")
@access.signed_in
def link() -> Response:
    if "to_link" in session:
        issuer, subject, _label = session.pop("to_link")
        identities.link(access.me(), issuer, subject, access.by())
        db.session.commit()
        flash(_("From now on you can sign in with %(provider)s too.", provider=providers.name_of(issuer)), "success")
    return redirect(url_for("account.show"), 303)


@bp.get("/account/unlink/<uuid:identity_id>")
@access.identity(may_unlink)
def ask_to_unlink(identity: Identity) -> str:
    provider = providers.name_of(identity.issuer)
    return render_template(
        "confirm.html",
        title=_("Unlink %(provider)s", provider=provider),
        sentence=_("You will no longer sign in to this account with %(provider)s.", provider=provider),
        submit_label=_("Unlink %(provider)s", provider=provider),
        cancel_url=url_for("account.show"),
        crumbs=[(_("Your account"), url_for("account.show"))],
    )


@bp.post("/account/unlink/<uuid:identity_id>")
@access.identity(may_unlink)
def unlink(identity: Identity) -> Response:
    provider = providers.name_of(identity.issuer)
    identities.unlink(identity, access.me(), providers.ways(), access.by())
    db.session.commit()
    flash(_("%(provider)s is no longer linked to your account.", provider=provider), "success")
    return redirect(url_for("account.show"), 303)
