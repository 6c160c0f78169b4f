"""What the dashboards count changes with what it counts, and with nothing else."""

import threading
import time
import uuid
from datetime import date
from typing import NamedTuple

import pytest
from flask import Flask

from domain import participants
from domain.tallies import count_in, count_out, move_districts, tallies_of
from models import Batch, User, begin_writing, db
from models.batch import TallyKind
from tests.people import BY_NOBODY, a_batch, a_course, an_organisation, enrolled, teachers
from tests.queries import counted
from tests.teaching import enrol_slowly
from tests.worker.sending import at_once

pytestmark = pytest.mark.usefixtures("app")


class One(NamedTuple):
    percent: int = 0
    district: str | None = "North"
    enrolled_on: date = date(2026, 5, 1)
    completed_on: date | None = None


def a_batch_of(name: str = "Pilot") -> Batch:
    return a_batch(a_course(an_organisation(name.lower())), name)


def test_people_are_counted_by_all_that_they_have_in_common() -> None:
    batch = a_batch_of()
    count_in(batch.id, [One(), One(40, None), One(100, "South", completed_on=date(2026, 6, 1))])
    assert tallies_of(batch.id) == {
        TallyKind.PERCENT: {"0": 1, "40": 1, "100": 1},
        TallyKind.ENROLLED: {"2026-05-01": 3},
        TallyKind.COMPLETED: {"2026-06-01": 1},
        TallyKind.DISTRICT: {"North": 1, "": 1, "South": 1},
        TallyKind.COMPLETED_IN_DISTRICT: {"South": 1},
    }


def test_what_nobody_has_any_more_is_not_told() -> None:
    batch = a_batch_of()
    count_in(batch.id, [One(), One()])
    count_out(batch.id, [One()])
    count_in(batch.id, [One(40)])
    assert tallies_of(batch.id)[TallyKind.PERCENT] == {"0": 1, "40": 1}
    count_out(batch.id, [One(), One(40)])
    assert not any(tallies_of(batch.id).values())


def test_batches_are_counted_each_by_itself() -> None:
    one, other = a_batch_of("One"), a_batch_of("Other")
    count_in(one.id, [One()])
    assert not any(tallies_of(other.id).values())


def test_counting_nobody_costs_nothing() -> None:
    batch = a_batch_of()
    with counted() as seen:
        count_in(batch.id, [])
        with move_districts(batch.organisation_id, []):
            pass
    assert seen == []


def test_when_people_move_the_tallies_of_all_their_batches_follow() -> None:
    organisation = an_organisation("pradesh")
    people = teachers(organisation, 6)
    batches = [a_batch(a_course(organisation), "One"), a_batch(a_course(organisation, "ICT"), "Other")]
    for batch in batches:
        enrolled(batch, people[:4])
    with move_districts(organisation.id, people[:2]), db.session.no_autoflush:
        for user_id in people[:2]:
            db.session.get_one(User, user_id).district = "East"
        db.session.flush()
    for batch in batches:
        assert tallies_of(batch.id)[TallyKind.DISTRICT] == {"East": 2, "North": 1, "South": 1}


def move_slowly(organisation_id: uuid.UUID, user_id: uuid.UUID, is_moving: threading.Event) -> None:
    """Let others come in between, once the districts may change."""
    begin_writing()
    with move_districts(organisation_id, [user_id]):
        is_moving.set()
        time.sleep(0.3)
        db.session.get_one(User, user_id).district = "East"
        db.session.flush()
    db.session.commit()


def test_who_is_added_while_they_move_is_counted_where_they_are_then(app: Flask) -> None:
    organisation = an_organisation("pradesh")
    batch_id, (user_id,) = a_batch(a_course(organisation)).id, teachers(organisation, 1)
    organisation_id, is_moving = organisation.id, threading.Event()
    db.session.commit()

    def add() -> None:
        is_moving.wait(10)
        begin_writing()
        batch = participants.hold(batch_id)
        participants.enrol(batch, participants.find_by_id(batch, [user_id]), BY_NOBODY)
        db.session.commit()

    at_once(app, lambda: move_slowly(organisation_id, user_id, is_moving), add)
    assert tallies_of(batch_id)[TallyKind.DISTRICT] == {"East": 1}


def test_who_moves_while_they_are_added_is_counted_where_they_are_then(app: Flask) -> None:
    organisation = an_organisation("pradesh")
    batch_id, (user_id,) = a_batch(a_course(organisation)).id, teachers(organisation, 1)
    organisation_id, is_held = organisation.id, threading.Event()
    db.session.commit()

    def move() -> None:
        is_held.wait(10)
        move_slowly(organisation_id, user_id, threading.Event())

    at_once(app, lambda: enrol_slowly(batch_id, user_id, is_held), move)
    assert tallies_of(batch_id)[TallyKind.DISTRICT] == {"East": 1}
