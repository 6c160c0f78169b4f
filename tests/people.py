"""Makers of people and of what is theirs. They flush; whoever calls them commits."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from domain.people import find_by_email
from models import (
    Collaboration,
    Group,
    Invitation,
    Label,
    Membership,
    Organisation,
    OrganisationRole,
    Unit,
    User,
    db,
    now,
)
from models.collaboration import Role, collaboration_units
from models.organisation import OrganisationRoleName, manager_units


def add(made: Any) -> Any:
    db.session.add(made)
    db.session.flush()
    return made


def an_organisation(short_name: str = "uniharderwijk", **given: Any) -> Organisation:
    made: Organisation = add(Organisation(**{"short_name": short_name, "name": short_name.capitalize(), **given}))
    return made


def a_unit(organisation: Organisation, name: str = "Yoda") -> Unit:
    made: Unit = add(Unit(organisation=organisation, name=name))
    return made


def a_collaboration(
    organisation: Organisation,
    short_name: str = "cumulusgrp",
    *,
    units: Iterable[Unit] = (),
    labels: Iterable[str] = (),
    groups: Iterable[str] = (),
) -> Collaboration:
    """`groups` are short names."""
    made: Collaboration = add(
        Collaboration(
            organisation=organisation,
            short_name=short_name,
            name=short_name.capitalize(),
            labels=[Label(name=name) for name in labels],
            groups=[Group(short_name=name, name=name.capitalize()) for name in groups],
        )
    )
    for unit in units:
        row = {"collaboration_id": made.id, "unit_id": unit.id, "organisation_id": organisation.id}
        db.session.execute(insert(collaboration_units), row)
    return made


def a_group(collaboration: Collaboration, short_name: str, identifier: str | None = None, **given: Any) -> Group:
    chosen = {"id": uuid.UUID(identifier)} if identifier else {}
    plain = {"collaboration": collaboration, "short_name": short_name, "name": short_name.capitalize()}
    made: Group = add(Group(**plain | chosen | given))
    return made


def a_person(
    email: str,
    *,
    admin_of: Organisation | None = None,
    manager_of: Organisation | None = None,
    mentor_in: Organisation | None = None,
    manages: Iterable[Unit] = (),
    **given: Any,
) -> User:
    """`manages`: units of one organisation."""
    plain = {"email": email, "user_name": email.replace("@", "."), "name": email.partition("@")[0].capitalize()}
    made: User = add(User(**plain | given))
    a_role(made, OrganisationRoleName.ADMIN, admin_of)
    a_role(made, OrganisationRoleName.MANAGER, manager_of)
    a_role(made, OrganisationRoleName.MENTOR, mentor_in)
    if units := list(manages):
        a_role(made, OrganisationRoleName.MANAGER, units[0].organisation, units)
    return made


def a_role(
    user: User, role: OrganisationRoleName, organisation: Organisation | None, units: Iterable[Unit] = ()
) -> None:
    if organisation is None:
        return
    held = add(OrganisationRole(organisation=organisation, user_id=user.id, role=role))
    for unit in units:
        row = {"role_id": held.id, "unit_id": unit.id, "organisation_id": organisation.id}
        db.session.execute(insert(manager_units), row)


def a_membership(user: User, collaboration: Collaboration, role: Role = Role.MEMBER, **given: Any) -> Membership:
    made: Membership = add(Membership(user=user, collaboration=collaboration, role=role, **given))
    return made


def an_invitation(
    email: str, collaboration: Collaboration, invited_by: User, expires_at: datetime | None = None, **given: Any
) -> Invitation:
    plain: dict[str, Any] = {
        "email": email,
        "email_key": email.casefold(),
        "collaboration": collaboration,
        "invited_by": invited_by,
        "sender_name": invited_by.name,
        "expires_at": expires_at or now() + timedelta(days=30),
    }
    made: Invitation = add(Invitation(**plain | given))
    return made


def the_person(email: str) -> User:
    """Of the demo world."""
    found = find_by_email(email)
    assert found is not None, f"nobody is called {email}"
    return found


def the_collaboration(short_name: str) -> Collaboration:
    found: Collaboration | None = db.session.scalar(
        db.select(Collaboration).where(Collaboration.short_name == short_name)
    )
    assert found is not None, f"no collaboration is called {short_name}"
    return found
