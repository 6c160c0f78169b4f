"""Changing a member by form."""

import pytest

from domain import collaborations
from models import db
from models.collaboration import Role
from tests.clients import Client
from tests.invitees import MEREL, YODA, collaboration, group, group_names, member, membership_of, newcomer
from tests.people import BY_NOBODY

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def yoda(client: Client) -> Client:
    return client.sign_in(YODA)


def merels() -> str:
    membership = membership_of(MEREL, collaboration().id)
    assert membership
    return f"/memberships/{membership.id}/edit"


def test_the_members_tab_leads_to_the_form_which_shows_what_the_member_is(yoda: Client) -> None:
    ann = member(newcomer(), role=Role.ADMIN, groups=("researchers",))
    where = f"/memberships/{ann.id}/edit"
    assert yoda.page(f"/collaborations/{collaboration().id}/members").all("a", href=where)
    page = yoda.page(where)
    assert "Ann (ann@example.org), of Cumulus research group." in page
    assert page.all("input", type="radio", value="admin", checked="")
    assert page.all("input", type="checkbox", value=str(group("researchers").id), checked="")


def test_a_member_is_made_an_admin_in_a_group_until_a_day(yoda: Client) -> None:
    form = {"role": "admin", "groups": str(group("researchers").id), "until": "2998-06-30"}
    page = yoda.send(merels(), **form)
    assert page.heading == "Cumulus research group: Members"
    assert "What Merel Bakker is in the collaboration is saved." in page
    [row] = [row for row in page.rows() if row.startswith("Merel")]
    assert "Admin Researchers" in row
    assert "30 June 2998" in row


def test_what_is_wrong_stands_beside_its_field(yoda: Client) -> None:
    page = yoda.send(merels(), 422, role="member", until="2001-01-01\x00")
    assert "Last day of the membership: 1 January 2001 is past." in page
    assert "Role: Not a valid choice." in yoda.send(merels(), 422, role="boss")


def test_a_member_who_has_left_is_not_there_any_more(yoda: Client) -> None:
    where = merels()
    membership = membership_of(MEREL, collaboration().id)
    assert membership
    collaborations.remove_member(membership, BY_NOBODY)
    db.session.commit()
    yoda.send(where, 404, role="admin")


def test_an_admin_who_makes_themselves_a_member_sees_the_members_still(client: Client) -> None:
    membership = membership_of(MEREL, collaboration().id)
    assert membership
    membership.role = Role.ADMIN
    page = client.sign_in(MEREL).send(merels(), role="member")
    assert page.heading == "Cumulus research group: Members"
    assert "Invite people" not in page
    assert group_names(membership) == []
