"""The reckoning: what clients were told is held against what stands in the database and what the mail server took."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from models import (
    Batch,
    BatchTally,
    Collaboration,
    Invitation,
    Letter,
    Membership,
    Participant,
    Upload,
    UploadOutcome,
    User,
)
from models.batch import TallyKind
from models.invitation import InvitationStatus
from models.outbox import LetterKind, LetterState
from models.upload import OutcomeState, UploadKind, UploadState
from tests.chaos.told import Told
from tests.worker.smtp import MailServer

#: Of the batch that is edited in the window.
LIMIT = 100
#: The kinds of faults that a log may tell of while database, queue, mail server and disk fail.
EXPECTED = re.compile(
    r"sqlalchemy\.exc\.(Operational|Interface|DBAPI|Internal|PendingRollback)Error|psycopg\.(\w+\.)*\w+|sqlite3\.OperationalError"
    r"|limits\.errors\.StorageError|redis\.exceptions\.\w+|smtplib\.\w+|(Connection\w*|BrokenPipe|Timeout|OS)Error|\w+\.(ServerAway|BrokenOff)Error"
)
#: The last line of a traceback.
RAISED = re.compile(
    r"^((?:\w+\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Warning|Timeout)\w*)(?:: (.*))?$", re.MULTILINE
)


@dataclass(slots=True)
class Findings:
    """By kind, in sentences. All of them empty: the promises were kept."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    #: Mails that came twice, as they may where a kill falls between the server's "250 OK" and its recording.
    repeated_mails: int = 0

    def __bool__(self) -> bool:
        return any((self.lost, self.doubled, self.stuck, self.broken))


def reckon(session: Session, told: Told, mail_server: MailServer, may_double: int) -> Findings:
    """`may_double`: how many mails may have come twice."""
    found = Findings(stuck=[*told.unanswered], broken=[*told.wrong])
    _unfinished(session, found)
    _uploads(session, told, found)
    _invitations(session, told, found)
    _joined(session, told, found)
    _participants(session, told, found)
    _tallies(session, found)
    _letters(session, told, mail_server, found)
    _mails(session, mail_server, may_double, found)
    return found


def faults_in(log: str) -> list[str]:
    """Of what a log tells, what no outage explains."""
    told = Counter(match[0][:200] for match in RAISED.finditer(log) if not EXPECTED.fullmatch(match[1]))
    return [f"{times} × {what}" for what, times in told.items()]


def what_waits(session: Session) -> list[str]:
    """What a worker still has to do."""
    uploads = session.scalar(select(func.count()).where(Upload.state == UploadState.PROCESSING))
    letters = session.scalar(select(func.count()).where(Letter.state == LetterState.WAITING))
    told = {"uploads": uploads, "letters": letters}
    return [f"{number} {what} wait" for what, number in told.items() if number]


def _unfinished(session: Session, found: Findings) -> None:
    found.stuck += what_waits(session)
    for table in (Upload, Letter):
        if claimed := session.scalar(select(func.count()).where(table.claimed_by.is_not(None))):
            found.stuck.append(f"{claimed} claims of {table.__tablename__} are left")


def _uploads(session: Session, told: Told, found: Findings) -> None:
    """Each has an outcome for each address, and counts that are right."""
    states: defaultdict[str, Counter[OutcomeState]] = defaultdict(Counter)
    counted = select(UploadOutcome.upload_id, UploadOutcome.state, func.count()).group_by(
        UploadOutcome.upload_id, UploadOutcome.state
    )
    for upload_id, state, number in session.execute(counted):
        states[str(upload_id)][state] = number
    uploads = {str(upload.id): upload for upload in session.scalars(select(Upload))}
    for upload_id, addresses in told.invited.items():
        outcomes = states[upload_id]
        if upload_id not in uploads:
            found.lost.append(f"upload {upload_id}")
            continue
        upload = uploads[upload_id]
        _compare(found, f"outcomes of upload {upload_id}", len(addresses), outcomes.total())
        kept = (upload.done, upload.failed, upload.skipped)
        are = (outcomes[OutcomeState.SENT], outcomes[OutcomeState.FAILED], outcomes[OutcomeState.SKIPPED])
        if kept != are:
            found.broken.append(f"upload {upload_id} counts {kept}, and has {are}")


def _invitations(session: Session, told: Told, found: Findings) -> None:
    invited = Counter(session.scalars(select(Invitation.email)))
    for address in (address for addresses in told.invited.values() for address in addresses):
        _compare(found, f"invitations of {address}", 1, invited[address])


def _joined(session: Session, told: Told, found: Findings) -> None:
    query = select(User.email).join(Membership.user).join(Membership.collaboration)
    members = Counter(session.scalars(query.where(Collaboration.short_name == "cumulusgrp")))
    accepted = {*session.scalars(select(Invitation.email).where(Invitation.status == InvitationStatus.ACCEPTED))}
    for address in told.joined:
        _compare(found, f"memberships of {address}", 1, members[address])
        if address not in accepted:
            found.lost.append(f"the answer of {address}")


def _participants(session: Session, told: Told, found: Findings) -> None:
    query = select(Participant.batch_id, User.state_id).join(User, Participant.user_id == User.id)
    active = {(str(batch_id), state_id) for batch_id, state_id in session.execute(query.where(Participant.is_active))}
    for (batch_id, state_id), takes_part in told.takes_part.items():
        if takes_part is not ((batch_id, state_id) in active):
            was_done = "added to" if takes_part else "removed from"
            found.lost.append(f"that {state_id} was {was_done} batch {batch_id}")
    edited = select(Batch.participant_count).where(Batch.name == "By the window")
    found.broken += [f"{many} in the batch that is edited" for many in session.scalars(edited) if many > LIMIT]


def _tallies(session: Session, found: Findings) -> None:
    """What is counted along is what a recount finds."""
    recounted: Counter[tuple[Any, ...]] = Counter()
    active: Counter[Any] = Counter()
    query = select(Participant, User.district).join(User, Participant.user_id == User.id).where(Participant.is_active)
    for person, district in session.execute(query):
        active[person.batch_id] += 1
        recounted.update((person.batch_id, kind, str(key)) for kind, key in _counted_by(person, district).items())
    kept = {(tally.batch_id, tally.kind, tally.key): tally.count for tally in session.scalars(select(BatchTally))}
    found.broken += [
        f"tally {which} differs" for which in {*recounted, *kept} if recounted[which] != kept.get(which, 0)
    ]
    for batch in session.scalars(select(Batch)):
        if batch.participant_count != active[batch.id]:
            found.broken.append(f"{batch.name} counts {batch.participant_count}, and has {active[batch.id]}")


def _counted_by(person: Participant, district: str | None) -> Mapping[TallyKind, Any]:
    keys = {
        TallyKind.PERCENT: person.percent,
        TallyKind.ENROLLED: person.enrolled_on,
        TallyKind.DISTRICT: district or "",
    }
    if person.completed_on is None:
        return keys
    return {**keys, TallyKind.COMPLETED: person.completed_on, TallyKind.COMPLETED_IN_DISTRICT: district or ""}


def _letters(session: Session, told: Told, mail_server: MailServer, found: Findings) -> None:
    """There are those that there shall be, and what was not sent has its reason."""
    written = Counter((kind, address) for kind, address in session.execute(select(Letter.kind, Letter.to_address)))
    for (kind, address), number in told.letters.items():
        _compare(found, f"letters “{kind}” to {address}", number, written[kind, address])
    refused = {*mail_server.refused}
    for letter in session.scalars(select(Letter).where(Letter.state == LetterState.REFUSED)):
        is_given_up = (letter.last_answer or "")[:1] != "5"
        if letter.to_address not in refused and not is_given_up:
            found.broken.append(f"a letter to {letter.to_address} counts as refused: {letter.last_answer}")
    answered = select(Invitation.id).where(Invitation.status == InvitationStatus.ACCEPTED)
    dropped = select(Letter).where(Letter.state == LetterState.DROPPED, Letter.invitation_id.not_in(answered))
    found.lost += [f"a letter to {letter.to_address} was dropped" for letter in session.scalars(dropped)]
    _each_failure_is_told(session, found)


def _each_failure_is_told(session: Session, found: Findings) -> None:
    of_invitations = UploadOutcome.upload_id.in_(select(Upload.id).where(Upload.kind == UploadKind.INVITATIONS))
    failed = _by_upload(session, UploadOutcome, and_(of_invitations, UploadOutcome.state == OutcomeState.FAILED))
    told = _by_upload(session, Letter, Letter.kind == LetterKind.FAILURE)
    for upload_id, number in failed.items():
        if number <= 100:
            _compare(found, f"failures told of upload {upload_id}", number, told[upload_id])


def _by_upload(session: Session, table: Any, which: ColumnElement[bool]) -> Counter[Any]:
    query = select(table.upload_id, func.count()).where(which).group_by(table.upload_id)
    return Counter(dict(session.execute(query).all()))


def _mails(session: Session, mail_server: MailServer, may_double: int, found: Findings) -> None:
    """What was recorded as sent was taken by the server, and taken once."""
    taken = Counter(_letter_of(mail.content) for mail in mail_server.accepted)
    letters = {letter.id.hex: letter for letter in session.scalars(select(Letter))}
    for key, letter in letters.items():
        if letter.state is LetterState.SENT and not taken[key]:
            found.lost.append(f"the mail “{letter.kind}” to {letter.to_address}, which was recorded as sent")
    found.broken += [f"a mail of no letter: {key}" for key in {*taken} - {*letters}]
    found.repeated_mails = taken.total() - len(taken)
    if found.repeated_mails > may_double:
        found.doubled.append(f"{found.repeated_mails} mails; no more than {may_double} may be")


def _letter_of(mail: bytes) -> str:
    found = re.search(rb"^Message-ID: <([0-9a-f-]+)@", mail, re.MULTILINE)
    return found[1].decode().replace("-", "") if found else "?"


def _compare(found: Findings, what: str, shall: int, are: int) -> None:
    where = found.lost if are < shall else found.doubled
    if are != shall:
        where.append(f"{what}: {are} instead of {shall}")


def shortened(sentences: Iterable[str], most: int = 12) -> list[str]:
    told = [*sentences]
    return told if len(told) <= most else [*told[:most], f"and {len(told) - most} more"]
