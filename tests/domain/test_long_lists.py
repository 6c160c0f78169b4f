"""Lists of more people than are looked through before an index is asked find whom short ones do."""

import pytest
from sqlalchemy import insert

from domain import collaborations, participant_list
from domain.keyset import FIRST
from domain.participant_list import Wanted
from models import Membership, Organisation, db
from tests.people import (
    a_batch,
    a_collaboration,
    a_course,
    a_membership,
    a_person,
    an_organisation,
    enrolled,
    teachers,
)

pytestmark = pytest.mark.usefixtures("app")

MANY = 2_010


class Crowd:
    """Many teachers and a guest, who is another organisation's, in a batch and in a collaboration."""

    def __init__(self) -> None:
        self.organisation: Organisation = an_organisation("pradesh")
        people = teachers(self.organisation, MANY)
        guest = a_person(
            "guest@otherland.test", name="Zuleikha", organisation=an_organisation("otherland"), state_id="OT-1"
        )
        self.batch = a_batch(a_course(self.organisation))
        enrolled(self.batch, people)
        self.collaboration = a_collaboration(self.organisation)
        rows = [{"collaboration_id": self.collaboration.id, "user_id": user_id} for user_id in people]
        db.session.execute(insert(Membership), rows)
        a_membership(guest, self.collaboration)
        a_person("outside@pradesh.test", name="Zuleikha Elsewhere", organisation=self.organisation)

    def participants(self, words: str) -> tuple[int, list[str]]:
        page = participant_list.page_of(self.batch, Wanted(words), FIRST, 5, MANY)
        return page.total, [row.name for row in page.items]

    def members(self, words: str, *, by_address: bool = True) -> list[str]:
        found = db.session.scalars(collaborations.members(self.collaboration, words, by_address=by_address))
        return [membership.user.name for membership in found]


def test_one_of_many_participants_is_found_by_whatever_few_have() -> None:
    crowd = Crowd()
    for words in ("Teacher 02009", "pr-02009", "teacher02009@pradesh.test"):
        assert crowd.participants(words) == (1, ["Teacher 02009"])
    assert crowd.participants("zuleikha") == (0, [])


def test_all_of_many_participants_are_found_by_what_all_have() -> None:
    total, names = Crowd().participants("@pradesh")
    assert (total, len(names)) == (MANY, 5)


def test_one_of_many_members_is_found_and_by_their_address_only_where_it_may_be() -> None:
    crowd = Crowd()
    assert crowd.members("zuleikha") == ["Zuleikha"]
    assert crowd.members("guest@") == ["Zuleikha"]
    assert crowd.members("guest@", by_address=False) == []
    assert crowd.members("OT-1") == []
    assert len(crowd.members("teacher")) == MANY
