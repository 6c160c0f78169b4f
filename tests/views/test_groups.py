"""The pages of groups: the tab, making one, changing it, and deleting it after a question."""

import pytest

from models import db
from models.collaboration import Role
from tests.clients import Client
from tests.invitees import YODA, auto_provisioned, collaboration, group, group_names, invited, member, newcomer, person
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("world")

RESEARCHERS = "301ee8e6-b5d1-40b5-a27e-47611f803371"


@pytest.fixture
def yoda(client: Client) -> Client:
    return client.sign_in(YODA)


def path(rest: str = "", of: str = "cumulusgrp") -> str:
    return f"/collaborations/{collaboration(of).id}/groups{rest}"


def test_groups_are_listed_with_their_members_and_who_joins(yoda: Client) -> None:
    auto_provisioned("Everyone")
    member(newcomer(), groups=("researchers",))
    _head, everyone, researchers = yoda.page(path()).rows()
    assert everyone.startswith("Everyone everyone")
    assert "0 Every new member" in everyone
    assert researchers == f"Researchers researchers {RESEARCHERS} 1 Whom an invitation names for it Change Researchers"


def test_the_tab_asks_as_many_queries_for_many_groups_as_for_one(yoda: Client) -> None:
    here = path()
    db.session.commit()
    with counted() as for_one:
        yoda.page(here)
    for number in range(20):
        auto_provisioned(f"G{number}")
    db.session.commit()
    with counted() as for_many:
        yoda.page(here)
    assert len(for_many) == len(for_one)


def test_a_collaboration_without_groups_says_what_they_are_for(client: Client) -> None:
    page = client.sign_in("admin@otherland.test").page(path(of="auroragrp"))
    assert "No groups" in page
    assert page.all("a", href=path("/new", of="auroragrp"))


def test_a_plain_member_sees_groups_and_changes_none(client: Client) -> None:
    page = client.sign_in("member@harderwijk.test").page(path())
    assert RESEARCHERS in page
    assert "Change" not in page
    assert "Make a group" not in page


def test_a_group_is_made_with_the_members_there_are(yoda: Client) -> None:
    ann = member(newcomer())
    page = yoda.send(path("/new"), name="Writers", short_name="Writers", auto_provision="y", with_members="y")
    assert "“Writers” is made." in page
    assert any(row.startswith("Writers writers") and "2 Every new member" in row for row in page.rows())
    assert group_names(ann) == ["writers"]


def test_what_is_wrong_stands_beside_its_field(yoda: Client) -> None:
    page = yoda.send(path("/new"), 422, name="", short_name="researchers", auto_provision="y")
    assert "Name: Give it a name." in page
    page = yoda.send(path("/new"), 422, name="Twice", short_name="researchers", auto_provision="y")
    assert "Short name: The collaboration has a group with this short name already." in page
    assert page.all("input", id="auto_provision", checked="")


def test_a_group_is_changed_and_shows_its_identifier_to_copy(yoda: Client) -> None:
    where = f"/groups/{group('researchers').id}/edit"
    page = yoda.page(where)
    assert page.all("input", id="identifier", value=RESEARCHERS, readonly="")
    assert "“Scientists” is saved." in yoda.send(where, name="Scientists", short_name="scientists")
    assert "You may not do this" in yoda.page(f"/groups/{group('clinicians').id}/edit", 403)


def test_a_group_is_deleted_after_a_question(yoda: Client) -> None:
    member(newcomer(), groups=("researchers",))
    invited("bob@example.org", groups=("researchers",))
    where = f"/groups/{group('researchers').id}/delete"
    page = yoda.page(where)
    assert page.heading == "Delete the group “Researchers”"
    assert "1 member is in this group, and stays in the collaboration. 1 open invitation leads into it" in page
    page = yoda.send(where)
    assert "“Researchers” is deleted." in page
    assert "No groups" in page
    yoda.page(where, 404)


def test_an_admin_of_the_collaboration_makes_groups(client: Client) -> None:
    member(ann := newcomer(), role=Role.ADMIN)
    ann.password_hash = person(YODA).password_hash
    page = client.sign_in("ann@example.org").send(path("/new"), name="Writers", short_name="writers")
    assert "“Writers” is made." in page


def test_an_archived_collaboration_keeps_its_groups(yoda: Client) -> None:
    collaboration().archived_at = collaboration().created_at
    db.session.commit()
    assert RESEARCHERS in yoda.page(path())
