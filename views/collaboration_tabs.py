"""The tabs of a collaboration, for those who may open them."""

from typing import Any

from flask import render_template

from domain import permissions
from models import Collaboration
from views import access


def tab_of(collaboration: Collaboration, tab: str, **context: Any) -> str:
    """One of its tabs, as the template of this name shows it. `context`: what that needs beside its frame."""
    rights = access.my_rights()
    return render_template(
        f"collaborations/{tab}.html",
        tab=tab,
        collaboration=collaboration,
        may_invite=permissions.may_invite(rights, collaboration),
        may_label=permissions.may_label(rights, collaboration),
        may_edit=permissions.may_edit_collaboration(rights, collaboration),
        **context,
    )
