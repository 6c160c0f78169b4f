"""Whom a picker finds, by name, the first ones first."""

import pytest

from domain.people_search import MOST_HITS, search, who_may_mentor, who_may_take_part
from tests.people import a_person, an_organisation, teachers

pytestmark = pytest.mark.usefixtures("app")


def test_who_has_a_role_is_found_among_the_organisations_people_and_a_mentor_too() -> None:
    ours, elsewhere = an_organisation("pradesh"), an_organisation("otherland")
    for name in ("Teacher A", "Teacher D"):
        a_person(f"{name[-1]}@pradesh.test", name=name, organisation=ours, mentor_in=ours)
    a_person("b@otherland.test", name="Teacher B", organisation=elsewhere, mentor_in=ours)
    a_person("gone@otherland.test", name="Teacher B", organisation=elsewhere, mentor_in=ours, is_active=False)
    mentor = a_person("c@otherland.test", name="Teacher C", organisation=elsewhere, is_active=False)
    a_person("e@otherland.test", name="Teacher E", organisation=elsewhere, mentor_in=elsewhere)
    for words in ("teacher", ""):
        found = search(who_may_mentor(ours.id, [mentor.id]), words)
        assert [one.name for one in found.people] == ["Teacher A", "Teacher B", "Teacher C", "Teacher D"]


def test_of_many_the_first_are_found_wherever_they_are_from() -> None:
    ours = an_organisation("pradesh")
    teachers(ours, MOST_HITS)
    a_person("a@elsewhere.test", name="A teacher", mentor_in=ours)
    a_person("z@elsewhere.test", name="Zoë, a teacher", mentor_in=ours)
    found = search(who_may_mentor(ours.id), "teacher")
    assert found.and_more
    assert [one.name for one in found.people][:2] == ["A teacher", "Teacher 00001"]
    assert len(found.people) == MOST_HITS
    assert [one.name for one in search(who_may_mentor(ours.id), "zoë").people] == ["Zoë, a teacher"]


def test_who_is_picked_already_is_left_out() -> None:
    ours = an_organisation("pradesh")
    picked, other = teachers(ours, 2)
    for circle in (who_may_mentor(ours.id), who_may_take_part(ours.id)):
        assert [one.id for one in search(circle, "teacher", [picked]).people] == [other]
