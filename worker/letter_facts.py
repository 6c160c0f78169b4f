"""What letters tell of, loaded for a batch of them: a handful of queries, however many letters."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import exists, select, tuple_
from sqlalchemy.orm import joinedload, selectinload

from domain.people import key_of_email
from models import (
    Collaboration,
    Course,
    Invitation,
    Letter,
    Membership,
    PendingEnrolment,
    RoleInvitation,
    Upload,
    UploadOutcome,
    User,
    db,
)
from models.outbox import LetterKind, LetterState
from models.upload import OutcomeState

OutcomeKey = tuple[uuid.UUID, int]


@dataclass(frozen=True, slots=True)
class Facts:
    """All by id. What is missing in here does not exist (any more)."""

    #: With collaboration, organisation and groups.
    invitations: Mapping[uuid.UUID, Invitation] = field(default_factory=dict)
    #: By invitation, the person who accepted it.
    acceptors: Mapping[uuid.UUID, User] = field(default_factory=dict)
    #: By invitation, what the mail server said when it refused its mail for good.
    answers: Mapping[uuid.UUID, str] = field(default_factory=dict)
    #: With organisation, units and inviter; by invitation, who accepted it, and what the mail server said.
    role_invitations: Mapping[uuid.UUID, RoleInvitation] = field(default_factory=dict)
    role_acceptors: Mapping[uuid.UUID, User] = field(default_factory=dict)
    role_answers: Mapping[uuid.UUID, str] = field(default_factory=dict)
    #: With collaboration and organisation.
    memberships: Mapping[uuid.UUID, Membership] = field(default_factory=dict)
    #: With the one organisation that each concerns, if it is one.
    uploads: Mapping[uuid.UUID, Upload] = field(default_factory=dict)
    #: By upload and number, those that letters of failure tell of.
    outcomes: Mapping[OutcomeKey, UploadOutcome] = field(default_factory=dict)
    #: By upload, the failures that no letter of their own tells of, in the file's order.
    untold_failures: Mapping[uuid.UUID, Sequence[UploadOutcome]] = field(default_factory=dict)
    #: With their organisations.
    courses: Mapping[uuid.UUID, Course] = field(default_factory=dict)
    #: By course and address, as the letter has it.
    pending: Mapping[tuple[uuid.UUID, str], PendingEnrolment] = field(default_factory=dict)
    #: With their organisations.
    accounts: Mapping[uuid.UUID, User] = field(default_factory=dict)
    #: By address, as it is compared: whose account has it, of the addresses that letters ask to confirm.
    holders: Mapping[str, uuid.UUID] = field(default_factory=dict)
    #: By address, as letters have it: the language that whoever has the account has chosen.
    languages: Mapping[str, str] = field(default_factory=dict)


def load_facts(letters: Sequence[Letter]) -> Facts:
    """What these letters tell of, as it stands in the database now.

    The facts are good until the session's next commit, which makes it forget them.
    """
    return Facts(
        invitations=_invitations({letter.invitation_id for letter in letters if letter.invitation_id}),
        acceptors=_acceptors(_invitations_of(letters, LetterKind.ACCEPTED)),
        answers=_answers(_invitations_of(letters, LetterKind.UNDELIVERED)),
        role_invitations=_role_invitations(
            {letter.role_invitation_id for letter in letters if letter.role_invitation_id}
        ),
        role_acceptors=_role_acceptors(_role_invitations_of(letters, LetterKind.ROLE_ACCEPTED)),
        role_answers=_role_answers(_role_invitations_of(letters, LetterKind.ROLE_UNDELIVERED)),
        memberships=_memberships({letter.membership_id for letter in letters if letter.membership_id}),
        uploads=_uploads({letter.upload_id for letter in letters if letter.upload_id}),
        outcomes=_outcomes([letter for letter in letters if letter.kind is LetterKind.FAILURE]),
        untold_failures=_untold_failures(
            {letter.upload_id for letter in letters if letter.kind is LetterKind.FAILURES_TOGETHER and letter.upload_id}
        ),
        courses=_courses({letter.course_id for letter in letters if letter.course_id}),
        pending=_pending([letter for letter in letters if letter.kind is LetterKind.TO_REGISTER]),
        accounts=_accounts({letter.user_id for letter in letters if letter.user_id}),
        holders=_holders({letter.to_address for letter in letters if letter.kind is LetterKind.CONFIRM_ADDRESS}),
        languages=_languages({letter.to_address for letter in letters}),
    )


def _invitations_of(letters: Sequence[Letter], kind: LetterKind) -> set[uuid.UUID]:
    return {letter.invitation_id for letter in letters if letter.kind is kind and letter.invitation_id}


def _invitations(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Invitation]:
    if not ids:
        return {}
    query = (
        select(Invitation)
        .where(Invitation.id.in_(ids))
        .options(
            selectinload(Invitation.collaboration).joinedload(Collaboration.organisation),
            selectinload(Invitation.groups),
        )
        # Whether a letter is still wanted is asked of the row as it is now, not as this session remembers it.
        .execution_options(populate_existing=True)
    )
    return {invitation.id: invitation for invitation in db.session.scalars(query)}


def _acceptors(invitations: Collection[uuid.UUID]) -> dict[uuid.UUID, User]:
    if not invitations:
        return {}
    query = (
        select(Invitation.id, User)
        .join(Membership, Membership.id == Invitation.membership_id)
        .join(User, User.id == Membership.user_id)
        .where(Invitation.id.in_(invitations))
    )
    return dict(db.session.execute(query).all())


def _answers(invitations: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    if not invitations:
        return {}
    query = (
        select(Letter.invitation_id, Letter.last_answer)
        .where(
            Letter.invitation_id.in_(invitations),
            Letter.kind == LetterKind.INVITATION,
            Letter.state == LetterState.REFUSED,
        )
        .order_by(Letter.created_at)  # the latest one counts
    )
    return {invitation_id: answer for invitation_id, answer in db.session.execute(query) if invitation_id and answer}


def _role_invitations_of(letters: Sequence[Letter], kind: LetterKind) -> set[uuid.UUID]:
    return {letter.role_invitation_id for letter in letters if letter.kind is kind and letter.role_invitation_id}


def _role_invitations(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, RoleInvitation]:
    if not ids:
        return {}
    query = (
        select(RoleInvitation)
        .where(RoleInvitation.id.in_(ids))
        .options(
            joinedload(RoleInvitation.organisation),
            joinedload(RoleInvitation.invited_by),
            selectinload(RoleInvitation.units),
        )
        .execution_options(populate_existing=True)  # as for those to collaborations
    )
    return {invitation.id: invitation for invitation in db.session.scalars(query)}


def _role_acceptors(invitations: Collection[uuid.UUID]) -> dict[uuid.UUID, User]:
    """Nobody accepts but with the invited address."""
    if not invitations:
        return {}
    query = (
        select(RoleInvitation.id, User)
        .join(User, User.email_key == RoleInvitation.email_key)
        .where(RoleInvitation.id.in_(invitations))
    )
    return dict(db.session.execute(query).all())


def _role_answers(invitations: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    if not invitations:
        return {}
    query = (
        select(Letter.role_invitation_id, Letter.last_answer)
        .where(
            Letter.role_invitation_id.in_(invitations),
            Letter.kind == LetterKind.ROLE_INVITATION,
            Letter.state == LetterState.REFUSED,
        )
        .order_by(Letter.created_at)  # the latest one counts
    )
    return {invitation_id: answer for invitation_id, answer in db.session.execute(query) if invitation_id and answer}


def _memberships(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Membership]:
    if not ids:
        return {}
    # As for invitations: it may have ended, or have another end, by now.
    query = select(Membership).where(Membership.id.in_(ids)).execution_options(populate_existing=True)
    together = joinedload(Membership.collaboration).joinedload(Collaboration.organisation)
    return {membership.id: membership for membership in db.session.scalars(query.options(together))}


def _uploads(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Upload]:
    if not ids:
        return {}
    query = select(Upload).where(Upload.id.in_(ids)).options(joinedload(Upload.organisation))
    return {upload.id: upload for upload in db.session.scalars(query)}


def _outcomes(letters: Collection[Letter]) -> dict[OutcomeKey, UploadOutcome]:
    if not letters:
        return {}
    key = tuple_(UploadOutcome.upload_id, UploadOutcome.number)
    wanted = [(letter.upload_id, letter.outcome_number) for letter in letters]
    found = db.session.scalars(select(UploadOutcome).where(key.in_(wanted)))
    return {(outcome.upload_id, outcome.number): outcome for outcome in found}


def _untold_failures(uploads: Collection[uuid.UUID]) -> dict[uuid.UUID, list[UploadOutcome]]:
    if not uploads:
        return {}
    told = exists().where(
        Letter.upload_id == UploadOutcome.upload_id,
        Letter.outcome_number == UploadOutcome.number,
        Letter.kind == LetterKind.FAILURE,
    )
    query = (
        select(UploadOutcome)
        .where(UploadOutcome.upload_id.in_(uploads), UploadOutcome.state == OutcomeState.FAILED, ~told)
        .order_by(UploadOutcome.upload_id, UploadOutcome.number)
    )
    failures = defaultdict(list)
    for outcome in db.session.scalars(query):
        failures[outcome.upload_id].append(outcome)
    return failures


def _courses(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Course]:
    if not ids:
        return {}
    query = select(Course).where(Course.id.in_(ids)).options(joinedload(Course.organisation))
    return {course.id: course for course in db.session.scalars(query)}


def _pending(letters: Collection[Letter]) -> dict[tuple[uuid.UUID, str], PendingEnrolment]:
    if not letters:
        return {}
    key = tuple_(PendingEnrolment.course_id, PendingEnrolment.email)
    wanted = [(letter.course_id, letter.to_address) for letter in letters]
    found = db.session.scalars(select(PendingEnrolment).where(key.in_(wanted)))
    return {(pending.course_id, pending.email): pending for pending in found}


def _accounts(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, User]:
    if not ids:
        return {}
    # As for invitations: a link is made for the session key as it is now.
    query = select(User).where(User.id.in_(ids)).options(joinedload(User.organisation))
    return {user.id: user for user in db.session.scalars(query.execution_options(populate_existing=True))}


def _holders(addresses: Collection[str]) -> dict[str, uuid.UUID]:
    if not addresses:
        return {}
    query = select(User.email_key, User.id).where(User.email_key.in_([*map(key_of_email, addresses)]))
    return dict(db.session.execute(query).all())


def _languages(addresses: Collection[str]) -> dict[str, str]:
    keys = {address: key_of_email(address) for address in addresses}
    query = select(User.email_key, User.language).where(User.email_key.in_({*keys.values()}))
    chosen = dict(db.session.execute(query.where(User.language.is_not(None))).all())
    return {address: language for address, key in keys.items() if (language := chosen.get(key))}
