"""What has been kept for long enough goes, not a day before, and nothing that is under way."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import insert, select

from domain import retention
from domain.retention import Periods
from models import (
    AuditEntry,
    Invitation,
    Letter,
    Membership,
    Organisation,
    RoleInvitation,
    Upload,
    UploadFinding,
    UploadLine,
    UploadOutcome,
    User,
    db,
    now,
)
from models.audit import AuditAction, Through
from models.invitation import InvitationStatus, invitation_groups
from models.outbox import LetterKind, LetterState
from models.role_invitation import role_invitation_units
from models.upload import Level, OutcomeState, UploadState
from tests.people import (
    a_collaboration,
    a_group,
    a_membership,
    a_person,
    a_role_invitation,
    a_unit,
    add,
    an_invitation,
    an_organisation,
)
from tests.queries import counted
from tests.worker.sending import at_once, count
from worker.pruning import prune

FILES, MAILS, INVITATIONS, AUDIT = 180, 90, 180, 730


@pytest.fixture(autouse=True)
def _periods(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of this page, and no waiting between portions."""
    kinds = {"FILES": FILES, "MAILS": MAILS, "INVITATIONS": INVITATIONS, "AUDIT": AUDIT}
    app.config.update({f"KEEP_{kind}_DAYS": days for kind, days in kinds.items()})
    monkeypatch.setattr("worker.pruning.PAUSE", 0)


def ago(days: float) -> datetime:
    return now() - timedelta(days=days)


#: One whose time will be over tomorrow, and one whose time has been since yesterday.
def around(period: int) -> tuple[datetime, datetime]:
    return ago(period - 1), ago(period + 1)


def pruned() -> None:
    db.session.commit()
    prune()
    db.session.rollback()


def somebody() -> User:
    return db.session.scalar(select(User).limit(1)) or a_person("somebody@example.org")


# Files.


def an_upload(state: UploadState = UploadState.DONE, lines: int = 3, **given: Any) -> Upload:
    """With a line, a finding and an outcome for each of so many people."""
    plain = {"user_id": somebody().id, "file_name": "list.csv", "content": b"short_names,invitees", "state": state}
    counts = {"lines": lines, "to_do": lines, "planned": lines, "done": lines}
    made: Upload = add(Upload(**plain | counts | {"columns": [{"name": "invitees", "title": "Who"}]} | given))
    who = [{"upload_id": made.id, "number": number, "line": number} for number in range(lines)]
    found = {"level": Level.SKIP, "reason": "repeated", "message": "named above"}
    for person in who:
        add(UploadLine(upload_id=made.id, number=person["number"], cells=["ann@example.org"]))
        add(UploadFinding(**person, **found))
        add(UploadOutcome(**person, invitee="ann@example.org", state=OutcomeState.SENT))
    return made


def what_is_left(upload: Upload) -> tuple[int, ...]:
    """Lines, findings and outcomes."""
    return tuple(
        len(db.session.scalars(select(table.number).where(table.upload_id == upload.id)).all())
        for table in (UploadLine, UploadFinding, UploadOutcome)
    )


def test_a_file_goes_once_its_time_is_over_and_not_a_day_before() -> None:
    young, old = (an_upload(created_at=ago(400), finished_at=at) for at in around(FILES))
    pruned()
    assert (young.gone_at, what_is_left(young)) == (None, (3, 3, 3))
    assert (old.state, what_is_left(old)) == (UploadState.DONE, (0, 0, 0))
    assert old.gone_at is not None
    assert old.emptied_at is not None


def test_its_counts_stay() -> None:
    old = an_upload(created_at=ago(400), finished_at=ago(400), planned=5, failed=1, skipped=1)
    pruned()
    assert (old.file_name, old.lines, old.done, old.failed, old.skipped) == ("list.csv", 3, 3, 1, 1)
    assert (old.content, old.columns, old.notices) == (b"", [], [])


@pytest.mark.parametrize("state", [UploadState.READY, UploadState.ERRORS, UploadState.UNREADABLE])
def test_a_file_that_nobody_processed_in_its_time_is_put_away(state: UploadState) -> None:
    young, old = (an_upload(state, created_at=at) for at in around(FILES))
    pruned()
    assert (young.state, what_is_left(young)) == (state, (3, 3, 3))
    assert (old.state, what_is_left(old)) == (UploadState.DISCARDED, (0, 0, 0))


def test_a_file_that_was_put_away_goes_after_the_same_time() -> None:
    young, old = (an_upload(UploadState.DISCARDED, created_at=at) for at in around(FILES))
    pruned()
    assert (young.gone_at is None, old.gone_at is None) == (True, False)


def test_a_file_that_is_being_processed_stays_however_long_that_takes() -> None:
    upload = an_upload(UploadState.PROCESSING, created_at=ago(1000))
    pruned()
    assert (upload.gone_at, what_is_left(upload)) == (None, (3, 3, 3))


def test_a_file_that_a_waiting_letter_tells_of_stays_until_it_is_sent() -> None:
    upload = an_upload(created_at=ago(1000), finished_at=ago(1000))
    letter = a_letter(LetterState.WAITING, kind=LetterKind.FAILURE, upload_id=upload.id, outcome_number=1)
    pruned()
    assert what_is_left(upload) == (3, 3, 3)
    letter.state = LetterState.SENT
    pruned()
    assert what_is_left(upload) == (0, 0, 0)


def test_a_file_goes_in_portions_and_many_files_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PORTION", 2)
    monkeypatch.setattr(retention, "FILES", 2)
    made = [an_upload(created_at=ago(1000), finished_at=ago(1000), lines=5) for _number in range(5)]
    pruned()
    assert [what_is_left(upload) for upload in made] == [(0, 0, 0)] * 5


def test_what_a_worker_that_died_has_left_of_a_file_goes_too(app: Flask) -> None:
    app.config["KEEP_FILES_DAYS"] = 0
    upload = an_upload(created_at=ago(1000), finished_at=ago(1000), gone_at=ago(1))
    pruned()
    assert what_is_left(upload) == (0, 0, 0)


@pytest.mark.parametrize(
    ("state", "days", "until"), [("done", 30, 29), ("ready", 30, 28), ("processing", 30, None), ("done", 0, None)]
)
def test_until_when_a_file_is_kept_is_known_before(state: str, days: int, until: int | None) -> None:
    at = now()
    finished = at - timedelta(days=1) if state == "done" else None
    upload = Upload(state=UploadState(state), created_at=at - timedelta(days=2), finished_at=finished)
    assert retention.kept_until(upload, days) == (at + timedelta(days=until) if until else None)


# Letters.


def a_letter(state: LetterState, **given: Any) -> Letter:
    plain = {"kind": LetterKind.INVITATION, "to_address": "ann@example.org", "sent_at": ago(1000)}
    made: Letter = add(Letter(once=str(count(Letter)), state=state, **plain | given))
    return made


@pytest.mark.parametrize("state", [LetterState.SENT, LetterState.REFUSED, LetterState.DROPPED])
def test_a_letter_goes_once_its_time_is_over_and_not_a_day_before(state: LetterState) -> None:
    for address, at in zip(("young", "old"), around(MAILS), strict=True):
        a_letter(state, to_address=address, sent_at=at, created_at=ago(1000))
    pruned()
    assert addressees() == ["young"]


def test_a_letter_that_waits_stays_however_old_it_is() -> None:
    a_letter(LetterState.WAITING, created_at=ago(1000), sent_at=None)
    pruned()
    assert addressees() == ["ann@example.org"]


def test_what_the_mail_server_said_stays_until_the_inviter_has_been_told() -> None:
    invitation = invited(status=InvitationStatus.UNDELIVERED, answered_at=now())
    a_letter(LetterState.REFUSED, invitation_id=invitation.id)
    told = a_letter(
        LetterState.WAITING, kind=LetterKind.UNDELIVERED, invitation_id=invitation.id, to_address="inviter@example.org"
    )
    pruned()
    assert addressees() == ["ann@example.org", "inviter@example.org"]
    told.state = LetterState.SENT
    pruned()
    assert addressees() == []


def test_a_letter_stays_until_its_upload_knows_that_it_was_sent() -> None:
    upload = an_upload(UploadState.PROCESSING)
    invitation = invited(upload_id=upload.id)
    outcome = db.session.scalars(select(UploadOutcome).limit(1)).one()
    outcome.invitation_id, outcome.state = invitation.id, OutcomeState.WAITING
    a_letter(LetterState.SENT, invitation_id=invitation.id)
    pruned()
    assert addressees() == ["ann@example.org"]


def addressees() -> list[str]:
    return sorted(db.session.scalars(select(Letter.to_address)))


# Invitations.


def invited(email: str = "ann@example.org", **given: Any) -> Invitation:
    organisation = db.session.scalar(select(Organisation)) or an_organisation()
    collaboration = a_collaboration(organisation, f"co{count(Invitation)}")
    made = an_invitation(email, collaboration, somebody(), **given)
    group = a_group(collaboration, "group")
    row = {"invitation_id": made.id, "group_id": group.id, "collaboration_id": collaboration.id}
    db.session.execute(insert(invitation_groups), row)
    return made


def invited_to_a_role(email: str, **given: Any) -> RoleInvitation:
    organisation = db.session.scalar(select(Organisation)) or an_organisation()
    unit = a_unit(organisation, f"Unit {count(RoleInvitation)}")
    return a_role_invitation(email, organisation, somebody(), units=[unit], **given)


BOTH = pytest.mark.parametrize(
    ("invite", "invitations", "parts"),
    [
        (invited, Invitation, invitation_groups),
        (invited_to_a_role, RoleInvitation, role_invitation_units),
    ],
)


@BOTH
def test_an_expired_invitation_goes_once_its_time_is_over_and_not_a_day_before(
    invite: Callable[..., Any], invitations: Any, parts: Any
) -> None:
    for email, at in zip(("young@example.org", "old@example.org"), around(INVITATIONS), strict=True):
        invite(email, expires_at=at, created_at=ago(1000))
        invite(f"replaced-{email}", expires_at=at, created_at=ago(1000), status=InvitationStatus.REPLACED)
    pruned()
    assert invitees(invitations) == ["replaced-young@example.org", "young@example.org"]
    assert len(db.session.execute(select(parts)).all()) == 2


@BOTH
@pytest.mark.parametrize("status", ["declined", "revoked", "undelivered", "replaced"])
def test_one_that_led_to_nothing_goes_as_long_after_that(
    invite: Callable[..., Any], invitations: Any, parts: Any, status: str
) -> None:
    for email, at in zip(("young@example.org", "old@example.org"), around(INVITATIONS), strict=True):
        invite(email, status=InvitationStatus(status), answered_at=at)
    pruned()
    assert invitees(invitations) == ["young@example.org"]
    assert len(db.session.execute(select(parts)).all()) == 1


def test_open_and_accepted_ones_stay() -> None:
    invited("open@example.org", created_at=ago(1000))
    accepted = invited("accepted@example.org", created_at=ago(1000), expires_at=ago(900))
    accepted.membership_id = a_membership(somebody(), accepted.collaboration).id
    accepted.status, accepted.answered_at = InvitationStatus.ACCEPTED, ago(950)
    invited_to_a_role("role@example.org", status=InvitationStatus.ACCEPTED, answered_at=ago(950), expires_at=ago(900))
    pruned()
    assert invitees(Invitation) == ["accepted@example.org", "open@example.org"]
    assert invitees(RoleInvitation) == ["role@example.org"]
    assert count(Membership) == 1


def test_one_that_a_waiting_letter_is_about_stays_until_it_is_sent() -> None:
    letters = [
        a_letter(LetterState.WAITING, invitation_id=invited(expires_at=ago(900)).id, sent_at=None),
        a_letter(
            LetterState.WAITING,
            kind=LetterKind.ROLE_INVITATION,
            role_invitation_id=invited_to_a_role("role@example.org", expires_at=ago(900)).id,
            sent_at=None,
        ),
    ]
    pruned()
    assert (count(Invitation), count(RoleInvitation)) == (1, 1)
    for letter in letters:
        letter.state, letter.sent_at = LetterState.SENT, now()
    pruned()
    assert (count(Invitation), count(RoleInvitation)) == (0, 0)


def test_one_that_an_upload_waits_for_stays() -> None:
    upload = an_upload(UploadState.PROCESSING, lines=1)
    invitation = invited(expires_at=ago(900), upload_id=upload.id)
    outcome = db.session.scalars(select(UploadOutcome)).one()
    outcome.invitation_id, outcome.state = invitation.id, OutcomeState.WAITING
    pruned()
    assert count(Invitation) == 1


def test_what_names_an_invitation_stays_for_its_own_time(app: Flask) -> None:
    app.config.update(KEEP_MAILS_DAYS=0, KEEP_FILES_DAYS=0)
    upload = an_upload(created_at=ago(1000), finished_at=ago(1000), lines=1)
    invitation = invited(expires_at=ago(900), upload_id=upload.id)
    outcome = db.session.scalars(select(UploadOutcome)).one()
    outcome.invitation_id = invitation.id
    letter = a_letter(LetterState.SENT, invitation_id=invitation.id)
    pruned()
    assert count(Invitation) == 0
    assert (outcome.invitation_id, outcome.state) == (None, OutcomeState.SENT)
    assert (letter.invitation_id, letter.to_address) == (None, "ann@example.org")


def invitees(invitations: Any) -> list[str]:
    return sorted(db.session.scalars(select(invitations.email)))


# The audit log.


def an_entry(at: datetime, note: str = "") -> None:
    told = {"action": AuditAction.MEMBER_JOINED, "through": Through.PAGE, "counts": {"joined": 1}, "people": {}}
    add(AuditEntry(at=at, note=note, **told))


def test_an_audit_entry_goes_once_its_time_is_over_and_not_a_day_before() -> None:
    young, old = around(AUDIT)
    an_entry(young, "young")
    an_entry(old, "old")
    pruned()
    assert [*db.session.scalars(select(AuditEntry.note))] == ["young"]


def test_the_time_of_the_audit_log_may_become_longer_and_shorter(app: Flask) -> None:
    for days in (800, 500, 100):
        an_entry(ago(days))
    left = []
    for period in (730, 900, 400, 0, 30):
        app.config["KEEP_AUDIT_DAYS"] = period
        pruned()
        left.append(count(AuditEntry))
    assert left == [2, 2, 1, 1, 0]


# All of it.


def much() -> None:
    for number in range(7):
        an_upload(created_at=ago(1000), finished_at=ago(1000))
        a_letter(LetterState.SENT)
        invited(f"p{number}@example.org", expires_at=ago(900))
        invited_to_a_role(f"p{number}@example.org", expires_at=ago(900))
        an_entry(ago(1000))


EVERYTHING = (UploadLine, UploadFinding, UploadOutcome, Letter, Invitation, RoleInvitation, AuditEntry)


def test_with_no_period_everything_is_kept_for_good(app: Flask) -> None:
    app.config.update({name: 0 for name in app.config if name.startswith("KEEP_")})
    much()
    before = [*map(count, EVERYTHING)]
    pruned()
    assert [*map(count, EVERYTHING)] == before


def test_several_workers_at_once_do_it_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PORTION", 2)
    monkeypatch.setattr(retention, "FILES", 1)
    much()
    at_once(app, prune, prune, prune)
    assert [*map(count, EVERYTHING)] == [0] * len(EVERYTHING)
    assert count(Upload) == 7


def test_a_worker_that_is_told_to_stop_begins_no_portion_more(app: Flask) -> None:
    much()
    before = [*map(count, EVERYTHING)]
    app.extensions["stopping"].set()
    try:
        pruned()
    finally:
        app.extensions["stopping"].clear()
    assert [*map(count, EVERYTHING)] == before


def test_a_clock_that_has_run_ahead_deletes_nothing(app: Flask) -> None:
    an_upload(created_at=ago(1), finished_at=ago(1))
    a_letter(LetterState.SENT, sent_at=ago(1))
    an_entry(ago(1))
    before = [*map(count, EVERYTHING)]
    db.session.commit()
    with time_machine.travel(now() + timedelta(days=2000), tick=False):
        pruned()
    assert [*map(count, EVERYTHING)] == before


def test_a_fault_in_one_kind_does_not_keep_the_others(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(_before: datetime) -> bool:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(retention, "let_files_go", faulty)
    much()
    pruned()
    assert (count(UploadLine), count(Letter), count(AuditEntry)) == (21, 0, 0)


def test_where_nothing_is_due_it_asks_the_same_few_questions_however_much_there_is() -> None:
    asked = []
    for _more in range(2):
        an_upload(created_at=ago(1), finished_at=ago(1))
        a_letter(LetterState.SENT, sent_at=ago(1))
        invited(f"{count(Invitation)}@example.org")
        an_entry(ago(1))
        db.session.commit()
        with counted() as seen:
            prune()
        asked.append(len([statement for statement in seen if not statement.startswith(("BEGIN", "PRAGMA"))]))
    assert asked == [9, 9]


# Its settings.


def settings(**days: Any) -> dict[str, Any]:
    return {f"KEEP_{kind}_DAYS": 0 for kind in ("FILES", "MAILS", "INVITATIONS", "AUDIT")} | days


def test_each_kind_has_its_setting() -> None:
    config = settings(KEEP_FILES_DAYS=1, KEEP_MAILS_DAYS=2, KEEP_INVITATIONS_DAYS=3, KEEP_AUDIT_DAYS=30)
    assert Periods.of(config) == Periods(files=1, mails=2, invitations=3, audit=30)


@pytest.mark.parametrize("wrong", [-1, "90", None, 1.5])
def test_a_period_is_a_whole_number_of_days(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"KEEP_FILES_DAYS is .*: set a whole number of days, or 0"):
        Periods.of(settings(KEEP_FILES_DAYS=wrong))


def test_the_audit_log_is_kept_for_thirty_days_at_least() -> None:
    with pytest.raises(ValueError, match="KEEP_AUDIT_DAYS is 29: set 30 or more, or 0"):
        Periods.of(settings(KEEP_AUDIT_DAYS=29))
