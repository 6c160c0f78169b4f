"""The demo world: so that a newcomer sees every screen with something on it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from argon2 import PasswordHasher
from sqlalchemy import exists, insert, select

from domain import demo_pradesh
from domain.language import gettext as _
from models import Collaboration, Group, Label, Membership, Organisation, OrganisationRole, Unit, User, db
from models.collaboration import Role, collaboration_units
from models.organisation import OrganisationRoleName, manager_units

PASSWORD = "muster-demo"


@dataclass(frozen=True, slots=True)
class Account:
    email: str
    name: str
    describe: Callable[[], str]

    @property
    def role(self) -> str:
        """To whoever is reading."""
        return self.describe()


ACCOUNTS = (
    Account("platform@muster.test", "Paula Platform", lambda: _("Platform admin")),
    Account("admin@harderwijk.test", "Aaltje de Vries", lambda: _("Admin of Universiteit Harderwijk")),
    Account("manager@harderwijk.test", "Mehmet Yilmaz", lambda: _("Organisation manager of Universiteit Harderwijk")),
    Account("yoda@harderwijk.test", "Yolanda Damen", lambda: _("Unit manager of Yoda data management")),
    Account("member@harderwijk.test", "Merel Bakker", lambda: _("Member of cumulusgrp")),
    Account("admin@otherland.test", "Otto Lund", lambda: _("Admin of another organisation, Otherland Institute")),
    Account("state@pradesh.test", "Sarita Deshmukh", lambda: _("State admin of Pradesh State Education")),
    Account("mentor@pradesh.test", "Mohan Iyer", lambda: _("Mentor of its batches")),
)


def is_empty() -> bool:
    """Whether nobody is in the database yet."""
    return not db.session.scalar(select(exists().where(User.id.is_not(None))))


def fill(hasher: PasswordHasher, *, teachers: bool = True) -> None:
    """Make the demo world in an empty database; without the 6,000 teachers it is made in a moment."""
    people = _people(hasher.hash(PASSWORD))
    _harderwijk(people)
    _otherland(people)
    _pradesh(people, teachers=teachers)


def _people(password_hash: str) -> dict[str, User]:
    people = {
        account.email: User(
            email=account.email,
            user_name=account.email.replace("@", ".").removesuffix(".test"),
            name=account.name,
            password_hash=password_hash,
            is_platform_admin=account.email.startswith("platform@"),
        )
        for account in ACCOUNTS
    }
    db.session.add_all(people.values())
    db.session.flush()
    return people


def _harderwijk(people: dict[str, User]) -> None:
    harderwijk = _organisation(
        "uniharderwijk", "Universiteit Harderwijk", "servicedesk@harderwijk.test", "Europe/Amsterdam"
    )
    yoda = _unit(harderwijk, "Yoda data management")
    medicine = _unit(harderwijk, "Medicine")
    for email in ("admin", "manager", "yoda", "member"):
        people[f"{email}@harderwijk.test"].organisation_id = harderwijk.id
    _role(harderwijk, people["admin@harderwijk.test"], OrganisationRoleName.ADMIN)
    _role(harderwijk, people["manager@harderwijk.test"], OrganisationRoleName.MANAGER)
    _role(harderwijk, people["yoda@harderwijk.test"], OrganisationRoleName.MANAGER, yoda)
    cumulus = _collaboration(harderwijk, "cumulusgrp", "Cumulus research group", yoda, labels=("yoda", "climate"))
    cirrus = _collaboration(harderwijk, "cirrusgrp", "Cirrus analysis group", yoda, labels=("yoda",))
    stratus = _collaboration(harderwijk, "stratusgrp", "Stratus clinical group", medicine)
    _collaboration(harderwijk, "nimbusgrp", "Nimbus working group", None)
    _group(cumulus, "301ee8e6-b5d1-40b5-a27e-47611f803371", "researchers", "Researchers")
    _group(cirrus, "412ee9e8-b6d2-51b6-a38e-58722f914482", "analysts", "Analysts")
    _group(stratus, "7a1f0c36-5f0e-4c0e-9a43-0d2a4a1f9b11", "clinicians", "Clinicians")
    db.session.add(Membership(collaboration=cumulus, user=people["member@harderwijk.test"], role=Role.MEMBER))
    db.session.flush()


def _otherland(people: dict[str, User]) -> None:
    otherland = _organisation("otherland", "Otherland Institute", "help@otherland.test", "Europe/Copenhagen")
    people["admin@otherland.test"].organisation_id = otherland.id
    _role(otherland, people["admin@otherland.test"], OrganisationRoleName.ADMIN)
    _collaboration(otherland, "auroragrp", "Aurora observation group", None)


def _pradesh(people: dict[str, User], *, teachers: bool) -> None:
    pradesh = _organisation("pradesh", "Pradesh State Education", "help@pradesh.test", "Asia/Kolkata")
    state, mentor = people["state@pradesh.test"], people["mentor@pradesh.test"]
    state.organisation_id = mentor.organisation_id = pradesh.id
    _role(pradesh, state, OrganisationRoleName.ADMIN)
    _role(pradesh, mentor, OrganisationRoleName.MENTOR)
    demo_pradesh.fill(pradesh, mentor, teachers=teachers)


def _organisation(short_name: str, name: str, contact_email: str, time_zone: str) -> Organisation:
    organisation = Organisation(short_name=short_name, name=name, contact_email=contact_email, time_zone=time_zone)
    db.session.add(organisation)
    db.session.flush()
    return organisation


def _unit(organisation: Organisation, name: str) -> Unit:
    unit = Unit(organisation_id=organisation.id, name=name)
    db.session.add(unit)
    db.session.flush()
    return unit


def _role(organisation: Organisation, user: User, role: OrganisationRoleName, unit: Unit | None = None) -> None:
    held = OrganisationRole(organisation_id=organisation.id, user_id=user.id, role=role)
    db.session.add(held)
    db.session.flush()
    if unit is not None:
        row = {"role_id": held.id, "unit_id": unit.id, "organisation_id": organisation.id}
        db.session.execute(insert(manager_units), row)


def _collaboration(
    organisation: Organisation, short_name: str, name: str, unit: Unit | None, labels: tuple[str, ...] = ()
) -> Collaboration:
    collaboration = Collaboration(organisation_id=organisation.id, short_name=short_name, name=name)
    collaboration.labels = [Label(name=label) for label in labels]
    db.session.add(collaboration)
    db.session.flush()
    if unit is not None:
        row = {"collaboration_id": collaboration.id, "unit_id": unit.id, "organisation_id": organisation.id}
        db.session.execute(insert(collaboration_units), row)
    return collaboration


def _group(collaboration: Collaboration, identifier: str, short_name: str, name: str) -> None:
    db.session.add(Group(id=uuid.UUID(identifier), collaboration_id=collaboration.id, short_name=short_name, name=name))
