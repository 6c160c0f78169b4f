"""People, collaborations and invitations for tests in the demo world."""

import uuid
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import insert, select

from domain.invitations import Draft, make
from models import Collaboration, Group, Invitation, Letter, Membership, RoleInvitation, User, db, now
from models.collaboration import Role, group_memberships
from models.outbox import LetterKind

YODA = "yoda@harderwijk.test"
MEREL = "member@harderwijk.test"
TOMORROW, YESTERDAY = timedelta(days=1), timedelta(days=-1)


def person(email: str) -> User:
    return db.session.scalars(select(User).where(User.email_key == email)).one()


def newcomer(email: str = "ann@example.org", name: str = "Ann") -> User:
    user = User(email=email, user_name=email, name=name)
    db.session.add(user)
    db.session.flush()
    return user


def collaboration(short_name: str = "cumulusgrp") -> Collaboration:
    return db.session.scalars(select(Collaboration).where(Collaboration.short_name == short_name)).one()


def group(short_name: str) -> Group:
    return db.session.scalars(select(Group).where(Group.short_name == short_name)).one()


def auto_provisioned(name: str, of: str = "cumulusgrp") -> Group:
    made = Group(collaboration_id=collaboration(of).id, short_name=name.lower(), name=name, auto_provision=True)
    db.session.add(made)
    db.session.flush()
    return made


def invited(
    email: str = "ann@example.org", to: str = "cumulusgrp", groups: tuple[str, ...] = (), **given: Any
) -> Invitation:
    """Invited by Yolanda, open for a day."""
    plain: dict[str, Any] = {
        "role": Role.MEMBER,
        "expires_at": now() + TOMORROW,
        "membership_expires_at": None,
        "message": "",
        "sender_name": "Yoda team",
        "invited_by_id": person(YODA).id,
    }
    draft = Draft(
        collaboration_id=collaboration(to).id,
        email=email,
        email_key=email.lower(),
        group_ids=tuple(group(name).id for name in groups),
        **plain | given,
    )
    [made] = make([draft])
    return db.session.get_one(Invitation, made)


def member(user: User, of: str = "cumulusgrp", groups: tuple[str, ...] = (), **given: Any) -> Membership:
    membership = Membership(collaboration_id=collaboration(of).id, user_id=user.id, **given)
    db.session.add(membership)
    db.session.flush()
    for name in groups:
        row = {"membership_id": membership.id, "group_id": group(name).id, "collaboration_id": collaboration(of).id}
        db.session.execute(insert(group_memberships), row)
    return membership


def group_names(membership: Membership) -> list[str]:
    db.session.refresh(membership)
    return [joined.short_name for joined in membership.groups]


def letters(kind: LetterKind) -> list[str]:
    """To whom, in the order of the alphabet."""
    return sorted(db.session.scalars(select(Letter.to_address).where(Letter.kind == kind)))


def join_path(app: Flask, invitation: Invitation, number: int | None = None) -> str:
    return "/join/" + app.extensions["link_tokens"].join.make(invitation.id, number or invitation.link_number)


def role_path(app: Flask, email: str, number: int | None = None) -> str:
    """Of the newest invitation of this address to a role."""
    query = select(RoleInvitation).where(RoleInvitation.email == email).order_by(RoleInvitation.id.desc()).limit(1)
    invitation = db.session.scalars(query).one()
    tokens = app.extensions["link_tokens"].role
    return "/role-invitations/" + tokens.make(invitation.id, number or invitation.link_number)


def reload(invitation: Invitation) -> Invitation:
    db.session.expire_all()
    return db.session.get_one(Invitation, invitation.id)


def membership_of(email: str, collaboration_id: uuid.UUID) -> Membership | None:
    query = select(Membership).join(User, User.id == Membership.user_id).where(User.email_key == email)
    return db.session.scalar(query.where(Membership.collaboration_id == collaboration_id, Membership.is_current()))
