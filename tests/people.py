"""Makers of people and of what is theirs. They flush; whoever calls them commits."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from domain import participants
from domain.audit import By
from domain.people import find_by_email
from models import (
    Batch,
    Collaboration,
    Course,
    Group,
    Invitation,
    Label,
    Membership,
    Organisation,
    OrganisationRole,
    PendingEnrolment,
    RoleInvitation,
    Unit,
    User,
    db,
    key_of,
    new_id,
    now,
)
from models.audit import Through
from models.batch import EnrolmentType
from models.collaboration import Role, collaboration_units
from models.organisation import OrganisationRoleName, manager_units
from models.role_invitation import role_invitation_units
from models.user import search_text_of


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


def a_role_invitation(
    email: str,
    organisation: Organisation,
    invited_by: User,
    role: OrganisationRoleName = OrganisationRoleName.MANAGER,
    *,
    units: Iterable[Unit] = (),
    **given: Any,
) -> RoleInvitation:
    plain: dict[str, Any] = {
        "email": email,
        "email_key": email.casefold(),
        "organisation": organisation,
        "invited_by": invited_by,
        "role": role,
        "expires_at": now() + timedelta(days=30),
    }
    made: RoleInvitation = add(RoleInvitation(**plain | given))
    for unit in units:
        row = {"invitation_id": made.id, "unit_id": unit.id, "organisation_id": organisation.id}
        db.session.execute(insert(role_invitation_units), row)
    return made


def a_course(organisation: Organisation, run: str = "FLN101", **given: Any) -> Course:
    """Without its open batch, which `domain.courses.create` makes."""
    key = f"course-v1:{organisation.short_name}+{run}+2026"
    made: Course = add(Course(**{"organisation": organisation, "key": key, "name": run, **given}))
    return made


def a_batch(course: Course, name: str = "Pilot", *, mentors: Iterable[User] = (), **given: Any) -> Batch:
    """Invite-only, and ongoing, unless told otherwise."""
    plain = {
        "course_id": course.id,
        "organisation_id": course.organisation_id,
        "name": name,
        "enrolment_type": EnrolmentType.INVITE_ONLY,
        "start_date": now().date() - timedelta(days=30),
        "mentors": [*mentors],
    }
    made: Batch = add(Batch(**plain | given))
    return made


def teachers(organisation: Organisation, count: int, first: int = 1) -> list[uuid.UUID]:
    """So many people of the organisation: `teacher00001@pradesh.test`, state ID `PR-00001`, ...; in one statement.

    Every tenth has no district, the others one of three.
    """
    rows = []
    for number in range(first, first + count):
        email, state_id = f"teacher{number:05}@{organisation.short_name}.test", f"PR-{number:05}"
        user_name, name = f"{organisation.short_name}{number:05}", f"Teacher {number:05}"
        rows.append(
            {
                "id": new_id(),
                "email": email,
                "email_key": email,
                "user_name": user_name,
                "user_name_key": user_name,
                "name": name,
                "organisation_id": organisation.id,
                "state_id": state_id,
                "state_id_key": key_of(state_id),
                "search_text": search_text_of(name, email, state_id),
                "district": None if number % 10 == 0 else ("North", "South", "West")[number % 3],
                "school": f"School {number % 50}",
                "block": f"Block {number % 20}",
                "mobile": f"+91 98765 {number:05}",
            }
        )
    db.session.execute(insert(User), rows)
    return [row["id"] for row in rows]


def pending_for(email: str, course: Course, batch: Batch | None = None, **given: Any) -> PendingEnrolment:
    """Somebody is enrolled in the course as soon as they have an account, unless told otherwise."""
    plain = {"course": course, "batch": batch, "email": email, "email_key": key_of(email), "auto_enrol": True}
    made: PendingEnrolment = add(PendingEnrolment(**plain | given))
    return made


BY_NOBODY = By(None, Through.COMMAND)


def enrolled(batch: Batch, user_ids: Iterable[uuid.UUID]) -> None:
    """They take part, from today on, with no progress yet."""
    participants.enrol(batch, participants.find_by_id(batch, [*user_ids]), BY_NOBODY)
    db.session.flush()


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
