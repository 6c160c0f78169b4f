"""Making a collaboration by form, its Settings tab, archiving and restoring it."""

import pytest

from models import db
from tests.clients import Client
from tests.invitees import YODA, collaboration
from tests.people import the_person

pytestmark = pytest.mark.usefixtures("world")

FORM = {"name": "Altocumulus", "short_name": "altogrp", "description": "High clouds.", "labels": "climate"}


@pytest.fixture
def mehmet(client: Client) -> Client:
    return client.sign_in("manager@harderwijk.test")


def path(tab: str = "/settings") -> str:
    return f"/collaborations/{collaboration().id}{tab}"


def as_typed(**given: object) -> dict[str, object]:
    """The settings of `cumulusgrp` as the form has them."""
    units = [str(unit.id) for unit in collaboration().units]
    plain = {"name": collaboration().name, "short_name": "cumulusgrp", "units": units, "labels": "yoda climate"}
    return {**plain, **given}


# Making one.


def test_whoever_manages_one_organisation_is_led_to_its_form(mehmet: Client) -> None:
    assert mehmet.page("/collaborations").all("a", href="/collaborations/new")
    page = mehmet.page("/collaborations/new")
    assert page.heading == "Make a collaboration"
    assert "A group of people of Universiteit Harderwijk" in page


def test_a_platform_admin_chooses_the_organisation_first(client: Client) -> None:
    page = client.sign_in("platform@muster.test").page("/collaborations/new")
    assert page.rows()[1:] == [
        "Otherland Institute otherland",
        "Pradesh State Education pradesh",
        "Universiteit Harderwijk uniharderwijk",
    ]
    otherland = the_person("admin@otherland.test").organisation_id
    assert page.all("a", href=f"/organisations/{otherland}/collaborations/new")


def test_a_unit_manager_is_not_offered_to_make_one(client: Client) -> None:
    assert "Make a collaboration" not in client.sign_in(YODA).page("/collaborations")


def test_a_collaboration_is_made_and_shown(mehmet: Client) -> None:
    [yoda] = collaboration().units
    where = f"/organisations/{collaboration().organisation_id}/collaborations/new"
    page = mehmet.send(where, **FORM, units=str(yoda.id))
    assert page.heading == "Altocumulus: About"
    assert "“Altocumulus” is made. Now invite its people." in page
    for fact in ("High clouds.", "altogrp", "Yoda data management", "climate"):
        assert fact in page


def test_what_is_wrong_stands_beside_its_field(mehmet: Client) -> None:
    where = f"/organisations/{collaboration().organisation_id}/collaborations/new"
    page = mehmet.send(where, 422, **{**FORM, "short_name": "CUMULUSGRP", "labels": "climate\x00 2nd"})
    assert "Short name: The organisation has a collaboration with this short name already" in mehmet.send(
        where, 422, **{**FORM, "short_name": "CUMULUSGRP"}
    )
    assert "Labels: “2nd” is no label" in page
    assert page.all("input", id="labels", aria_invalid="true", value="climate 2nd")


# The Settings tab.


def test_a_manager_changes_all_of_it(mehmet: Client) -> None:
    page = mehmet.page(path())
    assert page.heading == "Cumulus research group: Settings"
    assert page.all("input", id="labels", value="climate yoda")
    page = mehmet.send(path(), **as_typed(name="Cumulus", short_name="cumulus", units=[], labels=""))
    assert "The settings are saved." in page
    about = mehmet.page(f"/collaborations/{collaboration('cumulus').id}")
    assert "Short name cumulus" in about
    assert "Units none Labels none" in about


def test_a_unit_manager_sees_and_changes_labels_alone(client: Client) -> None:
    yoda = client.sign_in(YODA)
    page = yoda.page(path())
    assert "Archive" not in page
    assert not page.all("input", name="short_name")
    yoda.send(path(), **as_typed(name="Mine", units=[], labels="pilot"))
    assert collaboration().name == "Cumulus research group"
    assert ([label.name for label in collaboration().labels], len(collaboration().units)) == (["pilot"], 1)


def test_a_member_sees_no_settings(client: Client) -> None:
    assert "Settings" not in client.sign_in("member@harderwijk.test").page(path("")).text


def test_a_wrong_label_of_a_unit_manager_is_told(client: Client) -> None:
    assert "Labels: “1st” is no label" in client.sign_in(YODA).send(path(), 422, labels="1st yoda")


# Archiving and restoring.


def test_it_is_archived_after_a_question_and_restored(mehmet: Client) -> None:
    assert "Its members stay." in mehmet.page(path("/archive"))
    page = mehmet.send(path("/archive"))
    assert "“Cumulus research group” is archived." in page
    assert "This collaboration is archived Since" in page
    assert "Invite people" not in mehmet.page(path(""))
    page = mehmet.send(path("/restore"))
    assert "“Cumulus research group” is restored" in page
    assert "Invite people" in mehmet.page(path(""))


def test_whoever_is_too_late_is_told(mehmet: Client) -> None:
    mehmet.send(path("/archive"))
    assert "This collaboration is archived already." in mehmet.send(path("/archive"), 409)


def test_members_see_that_it_is_archived(client: Client) -> None:
    collaboration().archived_at = collaboration().created_at
    db.session.commit()
    page = client.sign_in("member@harderwijk.test").page(path("/members"))
    assert "This collaboration is archived" in page
    assert "Restore" not in page
