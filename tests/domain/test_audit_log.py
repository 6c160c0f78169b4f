"""What is found in the audit log: whose, by whom, to whom, of what kind, when."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from domain import audit, audit_log, audit_people, audit_words, batches, participants
from domain.audit import About, By
from domain.audit_log import Wanted
from domain.audit_people import Person
from domain.keyset import FIRST
from models import AuditEntry, Organisation, User, db, now
from models.audit import AuditAction, Through
from tests.people import a_person, add, the_collaboration, the_person
from tests.programs import a_key
from tests.queries import counted
from tests.teaching import MENTOR, STATE_ADMIN, STRANGER, batch, course, fill, more, pradesh

pytestmark = pytest.mark.usefixtures("world")

PLATFORM = "platform@muster.test"


def an_entry(action: AuditAction = AuditAction.MEMBER_JOINED, /, **given: object) -> AuditEntry:
    plain = {"organisation_id": pradesh().id, "through": Through.PAGE, "counts": {}, "people": {}}
    made: AuditEntry = add(AuditEntry(action=action, **plain | given))
    return made


def found(wanted: Wanted | None = None, organisation: Organisation | None = None, size: int = 50) -> list[uuid.UUID]:
    page = audit_log.page_of(organisation, wanted or Wanted(), FIRST, size)
    return [entry.id for entry in page.items]


def of(user: User) -> Wanted:
    return Wanted(Person(user.id, user.name, user.email))


def told(about: About, people: Mapping[str, Sequence[uuid.UUID] | Sequence[str]]) -> uuid.UUID:
    audit.record(AuditAction.ENROLMENTS_CHANGED, about, By(None, Through.API), people)
    db.session.flush()
    newest = db.session.scalars(db.select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1)).one()
    return newest


def test_an_organisation_has_its_own_and_the_platform_all_of_it() -> None:
    ours, platforms = an_entry(), an_entry(organisation_id=None)
    assert found(organisation=pradesh()) == [ours.id]
    assert found() == [platforms.id, ours.id]


def test_the_newest_comes_first_however_many_pages_there_are() -> None:
    entries = [an_entry(at=now() - timedelta(days=days)).id for days in range(7)]
    first = audit_log.page_of(pradesh(), Wanted(), FIRST, 3)
    assert [entry.id for entry in first.items] == entries[:3]
    assert first.after is not None
    start = audit_log.start_of(after=first.after.as_text())
    assert [entry.id for entry in audit_log.page_of(pradesh(), Wanted(), start, 3).items] == entries[3:6]
    last = audit_log.page_of(pradesh(), Wanted(), audit_log.start_of(at="last"), 3)
    assert [entry.id for entry in last.items] == entries[4:]


def test_it_is_narrowed_by_what_was_done() -> None:
    an_entry()
    removed = an_entry(AuditAction.MEMBER_REMOVED)
    assert found(Wanted(action=AuditAction.MEMBER_REMOVED)) == [removed.id]


def test_days_are_those_of_the_organisation_both_included() -> None:
    """Pradesh is five and a half hours ahead."""
    before, first, last, after = (
        an_entry(at=datetime(2026, 3, day, 18, minute, tzinfo=UTC)).id
        for day, minute in ((1, 29), (1, 30), (3, 29), (3, 30))
    )
    wanted = Wanted(since=date(2026, 3, 2), until=date(2026, 3, 3))
    assert found(wanted, pradesh()) == [last, first]
    assert found(wanted) == [after, last]
    assert before not in found(wanted)


# Whom it is about.


def test_a_person_is_found_by_what_they_did() -> None:
    an_entry(user_id=the_person(STATE_ADMIN).id)
    theirs = an_entry(user_id=the_person(MENTOR).id)
    assert found(of(the_person(MENTOR))) == [theirs.id]


def test_a_participant_is_found_by_being_added_and_removed() -> None:
    one, other = fill(2)
    participants.withdraw(batch(), participants.find_by_id(batch(), [other]), By(None, Through.COMMAND))
    db.session.flush()
    assert len(found(of(db.session.get_one(User, one)), pradesh())) == 1
    assert len(found(of(db.session.get_one(User, other)), pradesh())) == 2


def test_what_somebody_did_and_what_was_done_to_them_is_told_in_one_order_page_by_page() -> None:
    person = the_person("member@harderwijk.test")
    about = About.collaboration(the_collaboration("cumulusgrp"))
    newest = [
        an_entry(user_id=person.id).id if number % 3 else told(about, {"joined": [person.id]}) for number in range(9)
    ][::-1]
    an_entry(user_id=the_person(STATE_ADMIN).id)
    seen, start = [], FIRST
    for _page in range(3):
        page = audit_log.page_of(None, of(person), start, 4)
        seen += [entry.id for entry in page.items]
        start = audit_log.start_of(after=page.after.as_text()) if page.after else FIRST
    assert seen == newest
    back = audit_log.page_of(None, of(person), audit_log.start_of(at="last"), 4)
    assert [entry.id for entry in back.items] == newest[-4:]


def test_a_member_is_found_by_joining() -> None:
    member = the_person("member@harderwijk.test")
    joined = told(About.collaboration(the_collaboration("cumulusgrp")), {"joined": [member.id]})
    assert found(of(member)) == [joined]
    assert found(of(the_person(MENTOR))) == []


def test_the_owner_of_a_key_is_found_by_it() -> None:
    a_key(STATE_ADMIN)
    assert len(found(of(the_person(STATE_ADMIN)))) == 1
    assert found(of(the_person(MENTOR))) == []


def test_who_had_no_account_is_found_by_the_address_then_and_since() -> None:
    theirs = told(About.course(course()), {"from unenrolled to allowed to enroll": ["Zoë@example.org"]})
    told(About.course(course()), {"from unenrolled to allowed to enroll": ["zoë@example.org.uk"]})
    assert found(Wanted(Person(None, "", "zoë@example.org"))) == [theirs]
    assert found(of(a_person("Zoë@example.org"))) == [theirs]


def test_whom_the_words_mean_is_found_by_every_name_they_have() -> None:
    (person,) = fill(1)
    for words in (str(person), "PR-00001", " pr-00001", "teacher00001@pradesh.test", "Teacher 0000", "pradesh00001"):
        assert [one.id for one in audit_people.find(pradesh(), words).people] == [person], words


def test_the_whole_address_means_nobody_else() -> None:
    exactly = a_person("ann@example.org", organisation=pradesh())
    a_person("joann@example.org", organisation=pradesh())
    assert [one.id for one in audit_people.find(pradesh(), "ann@example.org").people] == [exactly.id]
    assert len(audit_people.find(pradesh(), "ann@").people) == 2


def test_an_organisation_finds_nobody_whom_it_does_not_know() -> None:
    assert audit_people.find(pradesh(), "Aaltje").people == []
    assert len(audit_people.find(None, "Aaltje").people) == 1
    an_entry(user_id=the_person("admin@harderwijk.test").id)
    assert len(audit_people.find(pradesh(), "Aaltje").people) == 1


def test_where_more_people_fit_than_are_told_an_organisation_is_told_its_own() -> None:
    guest = a_person("a.teacher@otherland.test", name="A teacher", organisation=the_person(STRANGER).organisation)
    batches.join(batch("Open batch"), guest, By(guest.id, Through.PAGE))
    fill(audit_people.MOST_PEOPLE)
    assert [one.id for one in audit_people.find(pradesh(), "teacher").people][:1] == [guest.id]
    more(1)
    found = audit_people.find(pradesh(), "teacher")
    assert found.and_more
    assert guest.id not in {one.id for one in found.people}
    assert [one.id for one in audit_people.find(pradesh(), "a.teacher").people] == [guest.id]


def test_people_of_another_organisation_are_not_found_by_its_state_ids() -> None:
    stranger = the_person(STRANGER)
    guest = a_person("guest@example.org", organisation=stranger.organisation, state_id="OT-1")
    batches.join(batch("Open batch"), guest, By(guest.id, Through.PAGE))
    assert audit_people.find(pradesh(), "OT-1").people == []
    assert [(one.id, one.state_id) for one in audit_people.find(pradesh(), "guest@").people] == [(guest.id, None)]
    assert [one.id for one in audit_people.find(None, "ot-1").people] == [guest.id]


def test_an_address_without_an_account_is_looked_up_as_it_is() -> None:
    assert audit_people.find(pradesh(), "nobody@example.org").people == [
        Person(None, "nobody@example.org", "nobody@example.org")
    ]
    assert audit_people.find(pradesh(), "nobody").people == []


# As files.


def test_the_people_of_an_entry_are_told_with_their_outcomes() -> None:
    (person,) = fill(1)
    stranger = a_person("guest@example.org", organisation=the_person(STRANGER).organisation, state_id="OT-1")
    entry_id = told(About.course(course()), {"enrolled": [person, stranger.id], "allowed": ["new@example.org"]})
    header, *rows = audit_log.people_of(db.session.get_one(AuditEntry, entry_id))
    assert header == ("User ID", "User Name", "External ID", "Email ID", "Outcome")
    assert rows == [
        (person, "pradesh00001", "PR-00001", None, "enrolled"),
        (stranger.id, stranger.user_name, None, None, "enrolled"),
        (None, None, None, "new@example.org", "allowed"),
    ]


def test_the_file_has_all_that_is_asked_for() -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    an_entry(at=at)
    by = {"user_id": the_person(STATE_ADMIN).id, "address": "192.0.2.7", "note": "=1"}
    entry = an_entry(
        AuditAction.PARTICIPANTS_ADDED, at=at, batch_id=batch().id, counts={"added": 2, "revived": 1}, **by
    )
    db.session.commit()
    header, row = audit_log.file_of(pradesh(), Wanted(action=AuditAction.PARTICIPANTS_ADDED))
    line = dict(zip(header, row, strict=True))
    assert (line["Time"], line["Name"], line["Address"]) == (
        "2026-03-01T12:00:00+00:00",
        "Sarita Deshmukh",
        "192.0.2.7",
    )
    assert (line["Action"], line["Outcomes"]) == ("participants-added", "added: 2, revived: 1")
    assert (line["Batch"], line["Note"], line["Entry ID"]) == ("Pilot", "=1", entry.id)


# What it costs.


@pytest.mark.parametrize("words", ["", STATE_ADMIN])
def test_a_page_takes_as_many_queries_for_many_entries_as_for_few(words: str) -> None:
    def take() -> int:
        db.session.expire_all()
        with counted() as queries:
            wanted = Wanted(audit_people.find(pradesh(), words).people[0]) if words else Wanted()
            for entry in audit_log.page_of(pradesh(), wanted, FIRST, 50).items:
                audit_words.doer(entry.user and entry.user.name, entry.through)
                assert entry.batch is None or entry.batch.name
                assert entry.api_key is None or entry.api_key.name
        return len(queries)

    here = pradesh(), the_person(STATE_ADMIN), batch()
    an_entry(user_id=here[1].id, batch_id=here[2].id)
    few = take()
    for _number in range(20):
        an_entry(user_id=the_person(STATE_ADMIN).id, batch_id=batch().id)
        an_entry(user_id=the_person(MENTOR).id, api_key_id=a_key(STATE_ADMIN).key.id)
    assert take() == few


# In words.


def test_every_kind_of_entry_has_its_words() -> None:
    for action in AuditAction:
        assert audit_words.name_of(action)
        assert audit_words.sentence(action, {})
    for through in Through:
        assert audit_words.name_of_door(through)


@pytest.mark.parametrize(
    ("action", "counts", "words"),
    [
        (AuditAction.PARTICIPANTS_ADDED, {"added": 1}, "1 participant added"),
        (AuditAction.COLLABORATION_ARCHIVED, {}, "Collaboration archived"),
        (AuditAction.GROUP_CHANGED, {"joined": 2}, "Group changed, and 2 members added to it"),
        (
            AuditAction.PARTICIPANTS_ADDED,
            {"added": 12_345, "revived": 1},
            "12,345 participants added and 1 participant added again",
        ),
        (AuditAction.MEMBERSHIPS_EXPIRED, {"expired": 2}, "2 memberships expired"),
        (AuditAction.ENROLMENTS_CHANGED, {"from allowed to enroll to enrolled": 1}, "1 person enrolled, for whom"),
        (AuditAction.MEMBER_REMOVED, {"something-new": 3}, "3 something-new"),
        ("of-a-later-version", {"done": 1}, "1 done"),
    ],
)
def test_an_entry_is_told_in_a_sentence(action: str, counts: dict[str, int], words: str) -> None:
    assert audit_words.sentence(action, counts).startswith(words)


def test_who_did_it_may_be_nobody() -> None:
    assert audit_words.doer(None, Through.COMMAND) == "the operator"
    assert audit_words.doer(None, Through.CLOCK) == "nobody: its time had come"
