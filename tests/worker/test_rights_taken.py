"""Whoever loses a right while their upload is being processed: what follows fails, and says why."""

from collections.abc import Callable

import pytest
from sqlalchemy import delete, select

from domain import collaboration_draft, collaboration_settings, roles
from domain.people import rights_of
from domain.roles import Kind
from models import Invitation, OrganisationRole, Unit, Upload, UploadOutcome, db
from models.organisation import OrganisationRoleName
from models.outbox import LetterKind
from models.upload import OutcomeState
from tests.people import BY_NOBODY, a_collaboration, a_role, an_organisation
from tests.worker.runs import a_run, process, process_all
from tests.worker.sending import (
    UPLOADER,
    a_file,
    addresses,
    assert_counts_hold,
    count,
    letters,
    organisation,
    outcomes,
    person,
    place,
    pressed,
    work,
)
from worker.letter_words import reason_in_words

pytestmark = pytest.mark.usefixtures("world")

ADMIN = "admin@harderwijk.test"


def medicine() -> Unit:
    return db.session.scalars(select(Unit).where(Unit.name == "Medicine")).one()


def yodas_role() -> OrganisationRole:
    [role] = person().organisation_roles
    return role


def the_role_is_taken() -> None:
    roles.take(rights_of(person(ADMIN)), yodas_role(), BY_NOBODY)


def the_role_of_a_guest_is_taken() -> None:
    """Of somebody who is nothing else in the organisation."""
    person().organisation_id = None
    the_role_is_taken()


def other_units_are_given() -> None:
    assert roles.change(rights_of(person(ADMIN)), yodas_role(), Kind.UNIT_MANAGER, [medicine().id], BY_NOBODY) == {}


def the_unit_is_taken_off() -> None:
    said = collaboration_draft.as_texts(place())
    assert collaboration_settings.change(rights_of(person(ADMIN)), place(), said, [medicine().id], BY_NOBODY) == {}


def the_account_is_closed() -> None:
    person().is_active = False


def the_account_of_a_guest_is_closed() -> None:
    person().organisation_id = None
    the_account_is_closed()


def it_is_archived() -> None:
    collaboration_settings.archive(rights_of(person(ADMIN)), place(), BY_NOBODY)


TAKEN = [
    the_role_is_taken,
    the_role_of_a_guest_is_taken,
    other_units_are_given,
    the_unit_is_taken_off,
    the_account_is_closed,
    the_account_of_a_guest_is_closed,
    it_is_archived,
]


def halfway(upload: Upload, what_happens: Callable[[], None]) -> None:
    """It happens between the first chunk and the second, which another worker does."""
    run = a_run(upload)
    process(run, next(run.chunks()))
    what_happens()
    upload.claimed_by = upload.claimed_until = None
    db.session.commit()
    process_all("here/1/another")
    assert_counts_hold()


def messages(upload: Upload) -> set[str | None]:
    failed = UploadOutcome.state == OutcomeState.FAILED
    return {*db.session.scalars(select(UploadOutcome.message).where(UploadOutcome.upload_id == upload.id, failed))}


@pytest.mark.parametrize("what_happens", TAKEN, ids=lambda what: what.__name__)
def test_what_follows_between_two_chunks_of_one_run_fails(what_happens: Callable[[], None]) -> None:
    upload = pressed(a_file(addresses(510)))
    run = a_run(upload)
    first, second = run.chunks()
    process(run, first)
    what_happens()
    process(run, second)
    assert_counts_hold()
    assert (upload.waiting, upload.failed, count(Invitation)) == (500, 10, 500)
    assert {reason for _invitee, _state, reason in outcomes(upload)[500:]} == {"not_allowed"}
    assert reason_in_words("not_allowed") == "You may not invite to this CO"
    assert len(letters(LetterKind.FAILURE)) == 10


@pytest.mark.parametrize("what_happens", TAKEN, ids=lambda what: what.__name__)
def test_what_follows_fails_where_another_worker_goes_on(what_happens: Callable[[], None]) -> None:
    upload = pressed(a_file(addresses(510)))
    halfway(upload, what_happens)
    assert (upload.waiting, upload.failed) == (500, 10)
    assert {reason for _invitee, _state, reason in outcomes(upload)[500:]} == {"not_allowed"}


@pytest.mark.parametrize("what_happens", TAKEN, ids=lambda what: what.__name__)
def test_all_fails_where_it_happens_before_the_first_chunk(what_happens: Callable[[], None]) -> None:
    upload = pressed(a_file(addresses(2)))
    what_happens()
    work()
    assert [reason for _invitee, _state, reason in outcomes(upload)] == ["not_allowed"] * 2
    assert count(Invitation) == 0


def test_the_messages_say_what_can_be_done() -> None:
    upload = pressed(a_file(addresses(501)))
    halfway(upload, it_is_archived)
    [message] = messages(upload)
    assert message
    assert message.startswith("“cumulusgrp” is archived: nobody can be invited to it")


def test_who_managed_two_organisations_is_refused_in_the_one_that_they_have_lost() -> None:
    other = an_organisation("other")
    a_collaboration(other, "othergrp")
    a_role(person(), OrganisationRoleName.MANAGER, other)
    lines = "".join(f"othergrp,{address}\n" for address in addresses(501))
    upload = pressed("short_names,invitees\n" + lines + "cumulusgrp,last@example.org\n")
    assert upload.organisation_id is None

    def the_other_role_is_taken() -> None:
        theirs = OrganisationRole.user_id == person().id, OrganisationRole.organisation_id == other.id
        db.session.execute(delete(OrganisationRole).where(*theirs))

    halfway(upload, the_other_role_is_taken)
    assert outcomes(upload)[500:] == [
        ("person501@example.org", OutcomeState.FAILED, "not_allowed"),
        ("last@example.org", OutcomeState.WAITING, None),
    ]


def test_another_role_that_stays_is_enough() -> None:
    a_role(person(), OrganisationRoleName.ADMIN, organisation())
    upload = pressed(a_file(addresses(501)), by=UPLOADER)
    manager = OrganisationRole.role == OrganisationRoleName.MANAGER

    def the_lesser_role_is_taken() -> None:
        role = db.session.scalars(select(OrganisationRole).where(manager, OrganisationRole.user_id == person().id))
        roles.take(rights_of(person(ADMIN)), role.one(), BY_NOBODY)

    halfway(upload, the_lesser_role_is_taken)
    assert (upload.waiting, upload.failed) == (501, 0)
