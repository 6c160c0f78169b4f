"""Letters and what they tell of, made in memory: writing them needs no database."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.link_tokens import LinkTokens
from models import (
    Collaboration,
    Course,
    Group,
    Invitation,
    Letter,
    Membership,
    Organisation,
    PendingEnrolment,
    RoleInvitation,
    Unit,
    Upload,
    UploadOutcome,
    User,
)
from models.collaboration import Role
from models.invitation import InvitationStatus
from models.organisation import OrganisationRoleName
from models.outbox import LetterKind
from models.upload import OutcomeState
from worker.letter_facts import Facts
from worker.letter_parts import Links, Mail
from worker.letters import Writer, mail_environment

SECRET = "a secret that only these tests know"
TOKENS = LinkTokens(SECRET)
WRITER = Writer(mail_environment(), Links("https://muster.test/", TOKENS))
FAR_AWAY = datetime(2999, 6, 30, 23, 59, 59, tzinfo=UTC)


def an_id(number: int) -> UUID:
    return UUID(int=0x01930000_0000_7000_8000_000000000000 + number)


def an_organisation(**given: Any) -> Organisation:
    plain: dict[str, Any] = {"id": an_id(1), "short_name": "uniharderwijk", "name": "Universiteit Harderwijk"}
    return Organisation(**plain | given)


def a_collaboration(**given: Any) -> Collaboration:
    organisation = given.pop("organisation", None) or an_organisation()
    plain: dict[str, Any] = {
        "id": an_id(2),
        "short_name": "cumulusgrp",
        "name": "Cumulus research group",
        "organisation": organisation,
    }
    return Collaboration(**plain | given)


def a_group(name: str) -> Group:
    return Group(id=an_id(3), name=name, short_name=name.lower())


def an_invitation(**given: Any) -> Invitation:
    collaboration = given.pop("collaboration", None) or a_collaboration()
    plain: dict[str, Any] = {
        "id": an_id(4),
        "collaboration": collaboration,
        "collaboration_id": collaboration.id,
        "email": "j.doe@example.org",
        "role": Role.MEMBER,
        "status": InvitationStatus.OPEN,
        "link_number": 1,
        "expires_at": FAR_AWAY,
        "membership_expires_at": None,
        "message": "",
        "sender_name": "Yoda team",
        "groups": [],
    }
    return Invitation(**plain | given)


def a_role_invitation(*units: str, **given: Any) -> RoleInvitation:
    organisation = given.pop("organisation", None) or an_organisation()
    plain: dict[str, Any] = {
        "id": an_id(9),
        "organisation": organisation,
        "organisation_id": organisation.id,
        "email": "j.doe@example.org",
        "role": OrganisationRoleName.MANAGER,
        "status": InvitationStatus.OPEN,
        "link_number": 1,
        "expires_at": FAR_AWAY,
        "message": "",
        "invited_by": an_account(name="Aaltje de Vries"),
        "units": [Unit(name=name) for name in units],
    }
    return RoleInvitation(**plain | given)


def the_mail_of_a_role(invitation: RoleInvitation, **letter: Any) -> Mail | None:
    once = f"role_invitation:{invitation.id}:1"
    plain: dict[str, Any] = {"kind": LetterKind.ROLE_INVITATION, "once": once, "to_address": "j.doe@example.org"}
    letter_to_invitee = Letter(role_invitation_id=invitation.id, **plain | letter)
    return WRITER.write(letter_to_invitee, Facts(role_invitations={invitation.id: invitation}))


def the_mail_to_who_offered(kind: LetterKind, invitation: RoleInvitation, **facts: Any) -> Mail | None:
    letter = Letter(kind=kind, once="", to_address="admin@harderwijk.test", role_invitation_id=invitation.id)
    return WRITER.write(letter, Facts(role_invitations={invitation.id: invitation}, **facts))


def an_upload(**given: Any) -> Upload:
    plain: dict[str, Any] = {"id": an_id(5), "file_name": "people.csv"}
    return Upload(**plain | given)


def a_failure(number: int = 1, **given: Any) -> UploadOutcome:
    plain: dict[str, Any] = {
        "upload_id": an_id(5),
        "number": number,
        "line": number + 1,
        "invitee": f"person{number}@example.org",
        "collaboration": "cumulusgroup",
        "groups": "",
        "role": "member",
        "state": OutcomeState.FAILED,
        "reason": "collaboration_not_found",
        "message": "You manage no collaboration “cumulusgroup”. Did you mean “cumulusgrp”?",
        "failure_number": number,
    }
    return UploadOutcome(**plain | given)


def the_invitation_mail(invitation: Invitation, **letter: Any) -> Mail | None:
    once = f"invitation:{invitation.id}:1"
    plain: dict[str, Any] = {"kind": LetterKind.INVITATION, "once": once, "to_address": "j.doe@example.org"}
    letter_to_invitee = Letter(invitation_id=invitation.id, **plain | letter)
    return WRITER.write(letter_to_invitee, Facts(invitations={invitation.id: invitation}))


def the_mail_to_the_inviter(kind: LetterKind, invitation: Invitation, **facts: Any) -> Mail | None:
    letter = Letter(kind=kind, once="", to_address="yoda@harderwijk.test", invitation_id=invitation.id)
    return WRITER.write(letter, Facts(invitations={invitation.id: invitation}, **facts))


def the_failure_mail(outcome: UploadOutcome, upload: Upload | None = None) -> Mail | None:
    letter = Letter(
        kind=LetterKind.FAILURE,
        once="",
        to_address="yoda@harderwijk.test",
        upload_id=outcome.upload_id,
        outcome_number=outcome.number,
    )
    outcomes = {(outcome.upload_id, outcome.number): outcome}
    return WRITER.write(letter, Facts(uploads={an_id(5): upload or an_upload()}, outcomes=outcomes))


def the_mail_of_failures(failures: list[UploadOutcome], upload: Upload | None = None) -> Mail | None:
    letter = Letter(kind=LetterKind.FAILURES_TOGETHER, once="", to_address="yoda@harderwijk.test", upload_id=an_id(5))
    facts = Facts(uploads={an_id(5): upload or an_upload()}, untold_failures={an_id(5): failures})
    return WRITER.write(letter, facts)


def a_course(**given: Any) -> Course:
    plain: dict[str, Any] = {
        "id": an_id(7),
        "key": "course-v1:pradesh+FLN101+2026",
        "name": "Foundational Literacy",
        "organisation": an_organisation(name="Pradesh State Education", contact_email="help@pradesh.test"),
    }
    return Course(**plain | given)


def the_mail_about(kind: LetterKind, course: Course, *, auto_enrol: bool = True) -> Mail | None:
    """Of Open edX's bulk enrolment."""
    address = "asha@example.org"
    pending = PendingEnrolment(id=an_id(8), course_id=course.id, email=address, auto_enrol=auto_enrol)
    letter = Letter(kind=kind, once="", to_address=address, course_id=course.id)
    return WRITER.write(letter, Facts(courses={course.id: course}, pending={(course.id, address): pending}))


def the_mail_about_a_password(user: User, **letter: Any) -> Mail | None:
    plain: dict[str, Any] = {"once": "", "to_address": user.email, "user_id": user.id, "created_at": FAR_AWAY}
    letter_to_the_person = Letter(kind=LetterKind.PASSWORD_RESET, **plain | letter)
    return WRITER.write(letter_to_the_person, Facts(accounts={user.id: user}))


def the_mail_to_a_new_address(user: User, holder: UUID | None = None, **letter: Any) -> Mail | None:
    """`holder`: whose account has the address."""
    address = "jane@new.example.org"
    plain: dict[str, Any] = {"once": "", "to_address": address, "user_id": user.id, "created_at": FAR_AWAY}
    facts = Facts(accounts={user.id: user}, holders={address: holder} if holder else {})
    return WRITER.write(Letter(kind=LetterKind.CONFIRM_ADDRESS, **plain | letter), facts)


def the_mail_to_the_address_before(user: User) -> Mail | None:
    plain: dict[str, Any] = {"once": "", "user_id": user.id, "created_at": FAR_AWAY}
    letter = Letter(kind=LetterKind.ADDRESS_CHANGED, to_address="j.doe@example.org", **plain)
    return WRITER.write(letter, Facts(accounts={user.id: user}))


def a_membership(**given: Any) -> Membership:
    collaboration = given.pop("collaboration", None) or a_collaboration()
    plain: dict[str, Any] = {
        "id": an_id(9),
        "collaboration": collaboration,
        "collaboration_id": collaboration.id,
        "role": Role.MEMBER,
        "expires_at": FAR_AWAY,
        "end_announced_at": FAR_AWAY,
    }
    return Membership(**plain | given)


def the_mail_about_the_end_of(membership: Membership) -> Mail | None:
    plain: dict[str, Any] = {"once": "", "to_address": "j.doe@example.org", "membership_id": membership.id}
    letter = Letter(kind=LetterKind.MEMBERSHIP_ENDING, **plain)
    return WRITER.write(letter, Facts(memberships={membership.id: membership}))


def the_mail_about_a_long_upload(upload: Upload) -> Mail | None:
    letter = Letter(kind=LetterKind.UPLOAD_DONE, once="", to_address="yoda@harderwijk.test", upload_id=upload.id)
    return WRITER.write(letter, Facts(uploads={upload.id: upload}))


def an_account(**given: Any) -> User:
    plain: dict[str, Any] = {"id": an_id(6), "name": "Jane Doe", "email": "j.doe@example.org", "user_name": "jdoe"}
    return User(**{"session_key": "a key", "is_active": True} | plain | given)
