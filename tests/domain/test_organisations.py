"""Organisations: who runs which, how much there is in one, and what its settings take."""

import pytest
from sqlalchemy import select

from domain import organisation_settings, organisations
from domain.errors import NotAllowedError
from domain.paging import page_of
from domain.permissions import Rights
from models import AuditEntry, Organisation, db, new_id, now
from tests.people import BY_NOBODY, a_collaboration, a_course, a_person, a_unit, an_organisation
from tests.programs import a_key
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("app")

PLATFORM = Rights(new_id(), is_platform_admin=True)
LONG = "x" * 256


def admin_of(*some: Organisation) -> Rights:
    return Rights(new_id(), admin_of=frozenset(organisation.id for organisation in some))


def found(rights: Rights, words: str = "") -> list[str]:
    return [organisation.short_name for organisation in page_of(organisations.search(rights, words), 1, 50).items]


# The list.


def test_admins_and_managers_find_their_organisations_and_a_platform_admin_all() -> None:
    here, _there = an_organisation("here"), an_organisation("there")
    assert found(admin_of(here)) == ["here"]
    assert found(PLATFORM) == ["here", "there"]
    assert found(Rights(new_id(), manager_of=frozenset([here.id]))) == ["here"]
    assert found(Rights(new_id(), unit_manager_in=frozenset([here.id]))) == []


def test_organisations_are_found_by_a_part_of_either_name() -> None:
    an_organisation("uniharderwijk", name="Universiteit Harderwijk")
    an_organisation("otherland", name="Otherland 100% Institute")
    assert found(PLATFORM, "UNIV") == ["uniharderwijk"]
    assert found(PLATFORM, "otherl") == ["otherland"]
    assert found(PLATFORM, "0%") == ["otherland"]
    assert found(PLATFORM, "a%a") == []


def test_whoever_runs_one_organisation_has_an_only_one() -> None:
    here, there = an_organisation("here"), an_organisation("there")
    assert organisations.the_only_one_of(admin_of(here)) == here
    assert organisations.the_only_one_of(admin_of(here, there)) is None
    assert organisations.the_only_one_of(PLATFORM) is None


def test_all_that_is_in_an_organisation_is_counted_in_one_query() -> None:
    here, there = an_organisation("here"), an_organisation("there")
    for number in range(3):
        a_collaboration(here, f"co{number}", units=[a_unit(here, f"Unit {number}")])
    a_collaboration(here, "old").archived_at = now()
    for place in (here, there):
        a_course(place)
        a_unit(place, "Library")
    admin = a_person("admin@here.test", admin_of=here, mentor_in=here)
    a_person("manager@here.test", manager_of=here)
    a_key(admin.email)
    a_key(admin.email, revoked_at=now())
    db.session.refresh(here)
    with counted() as queries:
        assert organisations.counts_of(here) == organisations.Counts(2, 4, 3, 1, 1)
    assert len(queries) == 1


# Settings.


def change(organisation: Organisation, **said: str) -> organisation_settings.Problems:
    now_said = organisation_settings.as_texts(organisation)
    return organisation_settings.change(admin_of(organisation), organisation, now_said | said, BY_NOBODY)


def test_all_settings_are_changed_and_read_back() -> None:
    here = an_organisation("here")
    said = {
        "name": "Here and there",
        "contact_email": "Help@here.test",
        "time_zone": "Asia/Kolkata",
        "default_message": "Dear colleague,\nwelcome.",
        "default_sender_name": "The team",
        "language": "nl",
        "invitation_days": "14",
        "reminder_days": "3",
    }
    assert change(here, **said) == {}
    db.session.flush()
    db.session.refresh(here)
    assert organisation_settings.as_texts(here) == said
    assert here.invitation_days == 14


def test_which_settings_were_changed_is_in_the_log_and_only_where_some_were() -> None:
    here = an_organisation("here")
    for _time in range(2):
        change(here, name="Here and there", invitation_days="14")
    change(here, name="")
    [entry] = db.session.scalars(select(AuditEntry))
    assert (entry.action, entry.organisation_id) == ("organisation-changed", here.id)
    assert entry.note == "name, invitation_days"


def test_what_is_left_empty_is_not_set() -> None:
    here = an_organisation("here", contact_email="help@here.test", invitation_days=9, default_message="Hello")
    emptied = dict.fromkeys(("contact_email", "invitation_days", "default_message", "default_sender_name"), "")
    assert change(here, **emptied) == {}
    assert [getattr(here, name) for name in emptied] == [None] * 4


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("name", "", "Give the organisation a name."),
        ("name", LONG, "The value has 256 characters; at most 255 fit."),
        ("name", "Two\nlines", "The value has control characters in it"),
        ("contact_email", "help", "This is no e-mail address: it has no @."),
        ("time_zone", "", "Choose a time zone of the list"),
        ("time_zone", "Europe/Harderwijk", "Choose a time zone of the list"),
        ("time_zone", "../etc/passwd", "Choose a time zone of the list"),
        ("time_zone", "localtime", "Choose a time zone of the list"),
        ("default_message", "x" * 4001, "The message has 4001 characters; at most 4,000 fit."),
        ("default_sender_name", LONG, "The value has 256 characters; at most 255 fit."),
        ("default_sender_name", "Two\nlines", "The value has control characters in it"),
        ("invitation_days", "0", "Write a number of days from 1 to 3,650."),
        ("invitation_days", "-1", "Write a number of days from 1 to 3,650."),
        ("invitation_days", "3651", "Write a number of days from 1 to 3,650."),
        ("invitation_days", "99999999999999999999", "Write a number of days from 1 to 3,650."),
        ("invitation_days", "1.5", "Write a number of days from 1 to 3,650."),
        ("invitation_days", "٣", "Write a number of days from 1 to 3,650."),
    ],
)
def test_a_setting_that_its_column_does_not_take_is_told_and_nothing_is_changed(
    name: str, value: str, problem: str
) -> None:
    here = an_organisation("here")
    before = organisation_settings.as_texts(here)
    [sentence] = change(here, **{"contact_email": "new@here.test", name: value})[name]
    assert sentence.startswith(problem.replace("4001", "4,001"))
    assert organisation_settings.as_texts(here) == before


@pytest.mark.parametrize(("name", "value"), [("default_message", "x" * 4000), ("invitation_days", "3650")])
def test_the_most_that_a_setting_takes_is_taken(name: str, value: str) -> None:
    here = an_organisation("here")
    assert change(here, **{name: value}) == {}
    db.session.flush()


def test_all_that_is_wrong_with_the_settings_is_told_at_once() -> None:
    here = an_organisation("here")
    assert set(change(here, name="", time_zone="", contact_email="@", invitation_days="x")) == {
        "name",
        "time_zone",
        "contact_email",
        "invitation_days",
    }


def test_only_who_runs_the_organisation_changes_its_settings() -> None:
    here, there = an_organisation("here"), an_organisation("there")
    for rights in (admin_of(there), Rights(new_id(), manager_of=frozenset([here.id]))):
        with pytest.raises(NotAllowedError):
            organisation_settings.change(rights, here, organisation_settings.as_texts(here), BY_NOBODY)
