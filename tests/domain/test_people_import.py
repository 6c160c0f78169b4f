"""People brought into an organisation: who is new, who is there already, and whose address it is."""

import csv
import io
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from domain import organisations, people_import
from domain.errors import ConflictError, NotAllowedError
from domain.people import create_account, find_by_email
from domain.people_import import PeopleImport, import_people
from domain.people_sheet import Line, read_lines
from domain.permissions import Rights
from domain.table import Limits, Record
from domain.tallies import tallies_of
from models import AuditEntry, Identity, Organisation, User, db, new_id, now
from models.batch import TallyKind
from models.organisation import OrganisationRoleName
from tests.conftest import CHEAP
from tests.domain.test_people import a_row, wait_until_it_is_held_up
from tests.people import (
    BY_NOBODY,
    a_batch,
    a_collaboration,
    a_course,
    a_membership,
    a_person,
    a_role,
    add,
    an_organisation,
    enrolled,
)
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("app")

COLUMNS = ("name", "email", "state_id", "district", "school", "block", "mobile", "user_name")
JANE = {"name": "Jane Doe", "email": "Jane.Doe@example.org", "state_id": "PR-1", "district": "North"}


def lines_of(*people: dict[str, str]) -> list[Line]:
    records = [Record(number, [person.get(name, "") for name in COLUMNS]) for number, person in enumerate(people, 2)]
    lines, errors = read_lines(COLUMNS, records)
    assert errors == []
    return lines


class Here:
    def __init__(self) -> None:
        self.organisation: Organisation = an_organisation("pradesh")

    def bring(self, *people: dict[str, str]) -> list[tuple[str, str | None]]:
        outcomes = import_people(self.organisation, lines_of(*people), BY_NOBODY)
        db.session.expire_all()
        assert [outcome.line for outcome in outcomes] == [*range(2, len(people) + 2)]
        return [(outcome.state.value, outcome.reason) for outcome in outcomes]

    def a_person(self, email: str, **given: Any) -> User:
        return a_person(email, **{"organisation": self.organisation, **given})


def called(email: str) -> User:
    user = find_by_email(email)
    assert user is not None
    return user


# New people.


def test_a_new_person_is_one_of_the_organisation_without_password() -> None:
    here = Here()
    mobile = {"mobile": "+91 98765 43210", "school": "Zilla School", "block": "Mul"}
    assert here.bring(JANE | mobile) == [("added", None)]
    jane = called("jane.doe@example.org")
    assert (jane.name, jane.email, jane.user_name) == ("Jane Doe", "Jane.Doe@example.org", "jane.doe")
    assert (jane.organisation_id, jane.state_id, jane.state_id_key) == (here.organisation.id, "PR-1", "pr-1")
    assert (jane.district, jane.school, jane.block, jane.mobile) == ("North", "Zilla School", "Mul", "+91 98765 43210")
    assert (jane.password_hash, jane.is_active, jane.is_platform_admin) == (None, True, False)
    assert jane.search_text == "jane doe\njane.doe@example.org\npr-1"


def test_a_name_and_an_address_are_enough() -> None:
    here = Here()
    assert here.bring({"name": "Jane", "email": "jane@example.org"}) == [("added", None)]
    jane = called("jane@example.org")
    assert (jane.state_id, jane.state_id_key, jane.district, jane.mobile) == (None, None, None, None)


def test_an_address_has_one_account_in_whatever_spelling() -> None:
    here = Here()
    here.bring({"name": "Jane", "email": "jane@bücher.de"})
    assert here.bring({"name": "Jane", "email": "JANE@xn--bcher-kva.de"}) == [("unchanged", None)]


def test_user_names_are_made_from_addresses_and_numbered_where_they_are_taken() -> None:
    here = Here()
    create_account(CHEAP, email="jane@elsewhere.example", name="Jane", password=None)
    addresses = ["jane@one.example", "j.doe@one.example", "jane@two.example", "jane3@one.example", "ñ@one.example"]
    here.bring(*({"name": "Jane", "email": address} for address in addresses))
    assert [called(address).user_name for address in addresses] == ["jane2", "j.doe", "jane4", "jane3", "user"]


def test_a_user_name_is_found_when_very_many_are_taken() -> None:
    here = Here()
    addresses = [f"info@school{number}.example" for number in range(30)]
    here.bring(*({"name": "School", "email": address} for address in addresses))
    names = [called(address).user_name for address in addresses]
    assert (names[0], names[18], len(set(names))) == ("info", "info19", 30)
    assert names[29].startswith("info-")


def test_a_user_name_may_be_asked_for() -> None:
    here = Here()
    here.a_person("old@example.org", user_name="Boss")
    people = [
        {"name": "A", "email": "jane@example.org"},
        {"name": "B", "email": "b@example.org", "user_name": "Jane"},
        {"name": "C", "email": "c@example.org", "user_name": "BOSS"},
    ]
    assert here.bring(*people) == [("added", None), ("added", None), ("failed", "user_name_taken")]
    assert [called(f"{name}@example.org").user_name for name in ("jane", "b")] == ["jane2", "Jane"]
    assert find_by_email("c@example.org") is None


def test_an_account_that_somebody_else_makes_at_this_moment_is_no_fault(app: Flask) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite lets one write at a time")
    short_name, refusals = Here().organisation.short_name, []
    db.session.commit()
    with db.engine.connect() as other, other.begin():
        other.execute(insert(User), a_row("jane.doe@example.org"))
        waiting = Thread(target=try_to_bring, args=(app, short_name, refusals))
        waiting.start()
        wait_until_it_is_held_up(waiting)
    waiting.join()
    assert refusals == ["Another account was being made at this very moment. Try again."]


def try_to_bring(app: Flask, short_name: str, refusals: list[str]) -> None:
    with app.app_context():
        organisation = organisations.find(short_name)
        assert organisation is not None
        try:
            import_people(organisation, lines_of(JANE), BY_NOBODY)
        except ConflictError as refusal:
            refusals.append(str(refusal))


# People who are there already.


def test_a_person_is_known_by_the_state_id_without_regard_to_case() -> None:
    here = Here()
    here.bring(JANE)
    assert here.bring(JANE | {"name": "Jane Roe", "state_id": "pr-1"}) == [("updated", None)]
    jane = called("jane.doe@example.org")
    assert (jane.name, jane.state_id, jane.search_text.splitlines()[0]) == ("Jane Roe", "pr-1", "jane roe")


def test_a_person_is_known_by_the_address_and_given_a_state_id() -> None:
    here = Here()
    here.a_person("jane.doe@example.org", name="Jane Doe")
    assert here.bring(JANE) == [("updated", None)]
    jane = called("jane.doe@example.org")
    assert (jane.state_id_key, jane.email, jane.user_name) == ("pr-1", "jane.doe@example.org", "jane.doe.example.org")
    assert "pr-1" in jane.search_text


def test_what_a_line_leaves_empty_stays() -> None:
    here = Here()
    here.bring(JANE)
    assert here.bring({"name": "Jane Doe", "email": "JANE.DOE@example.org"}) == [("unchanged", None)]
    assert here.bring({"name": "Jane Doe", "email": "jane.doe@example.org", "block": "Mul"}) == [("updated", None)]
    jane = called("jane.doe@example.org")
    assert (jane.state_id, jane.district, jane.block) == ("PR-1", "North", "Mul")


def test_the_same_again_changes_nothing() -> None:
    here = Here()
    here.bring(JANE)
    assert here.bring(JANE | {"user_name": "somebody"}) == [("unchanged", None)]
    assert called("jane.doe@example.org").user_name == "jane.doe"


def test_the_address_of_who_has_no_password_may_change() -> None:
    here = Here()
    here.bring(JANE)
    assert here.bring(JANE | {"email": "jane@new.example"}) == [("updated", None)]
    assert find_by_email("jane.doe@example.org") is None
    assert called("jane@new.example").search_text == "jane doe\njane@new.example\npr-1"


def test_the_address_that_somebody_signs_in_with_stays_theirs() -> None:
    here = Here()
    here.a_person("jane@example.org", state_id="PR-1", password_hash="hash")
    assert here.bring(JANE) == [("failed", "signs_in_with_another_address")]
    assert called("jane@example.org").name == "Jane"


def test_an_account_of_no_organisation_is_taken_in() -> None:
    here = Here()
    jane = create_account(CHEAP, email="jane.doe@example.org", name="Jane", password="muster-demo")
    assert here.bring(JANE) == [("updated", None)]
    assert (jane.organisation_id, jane.state_id, jane.name) == (here.organisation.id, "PR-1", "Jane Doe")


def is_platform_admin(user: User, elsewhere: Organisation) -> None:
    user.is_platform_admin = True


def has_a_role(user: User, elsewhere: Organisation) -> None:
    a_role(user, OrganisationRoleName.MENTOR, elsewhere)


def is_a_member(user: User, elsewhere: Organisation) -> None:
    a_membership(user, a_collaboration(elsewhere))


def takes_part(user: User, elsewhere: Organisation) -> None:
    user.organisation = elsewhere
    enrolled(a_batch(a_course(elsewhere)), [user.id])
    user.organisation = None


def mentors(user: User, elsewhere: Organisation) -> None:
    a_batch(a_course(elsewhere), mentors=[user])


def has_gone(user: User, elsewhere: Organisation) -> None:
    user.is_active, user.deleted_at = False, now()


@pytest.mark.parametrize("what", [is_platform_admin, has_gone, has_a_role, is_a_member, takes_part, mentors])
def test_who_is_something_elsewhere_is_taken_in_by_the_platform_alone(
    what: Callable[[User, Organisation], None],
) -> None:
    """An organisation may close the accounts of its people."""
    here = Here()
    admin, platform = (Rights(new_id(), admin_of=frozenset([here.organisation.id])), Rights(new_id(), True))
    jane = a_person("jane.doe@example.org")
    line = lines_of(JANE)
    assert [outcome.state for outcome in people_import.foresee(admin, here.organisation, line)] == ["updated"]
    what(jane, an_organisation("elsewhere"))
    db.session.flush()
    (outcome,) = people_import.bring(admin, here.organisation, line, BY_NOBODY)
    assert (outcome.reason, jane.organisation_id) == ("address_unusable", None)
    (outcome,) = people_import.bring(platform, here.organisation, line, BY_NOBODY)
    db.session.expire_all()
    assert (outcome.state, jane.organisation_id) == ("updated", here.organisation.id)


def test_who_is_something_here_already_is_taken_in() -> None:
    here = Here()
    jane = a_person("jane.doe@example.org", manager_of=here.organisation)
    a_membership(jane, a_collaboration(here.organisation))
    admin = Rights(new_id(), admin_of=frozenset([here.organisation.id]))
    (outcome,) = people_import.bring(admin, here.organisation, lines_of(JANE), BY_NOBODY)
    assert outcome.news == ("organisation_id", "name", "state_id", "district")


def test_only_who_runs_the_organisation_brings_people() -> None:
    here = Here()
    rights = Rights(new_id(), manager_of=frozenset([here.organisation.id]))
    with pytest.raises(NotAllowedError):
        people_import.bring(rights, here.organisation, lines_of(JANE), BY_NOBODY)


def test_the_address_of_who_signs_in_through_a_provider_stays_theirs() -> None:
    here = Here()
    jane = here.a_person("jane@example.org", state_id="PR-1")
    add(Identity(user_id=jane.id, issuer="https://idp.test", subject="1"))
    assert here.bring(JANE) == [("failed", "signs_in_with_another_address")]


def test_what_is_done_is_in_the_audit_log() -> None:
    here = Here()
    here.bring(JANE)
    here.bring(JANE)
    here.bring(JANE | {"name": "Jane Roe"}, {"name": "Joe", "email": "joe@example.org"})
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.counts) for entry in entries] == [
        ("people-imported", {"added": 1}),
        ("people-imported", {"added": 1, "updated": 1}),
    ]
    assert entries[0].organisation_id == here.organisation.id
    assert entries[0].people == {"added": [called("jane.doe@example.org").id.hex]}


def test_a_person_of_another_organisation_is_not_touched_and_not_named() -> None:
    here, other = Here(), an_organisation("elsewhere")
    here.a_person("here@example.org", state_id="PR-1")
    a_person("there@example.org", name="There", organisation=other, state_id="PR-2")
    people = [JANE | {"email": "there@example.org", "state_id": id} for id in ("PR-1", "PR-2")]
    assert here.bring(people[0]) == here.bring(people[1]) == [("failed", "address_unusable")]
    (outcome,) = import_people(here.organisation, lines_of(people[0]), BY_NOBODY)
    assert outcome.message == "This address cannot be used: ask your platform admin."
    assert (called("there@example.org").name, called("there@example.org").organisation_id) == ("There", other.id)


def test_the_same_state_id_elsewhere_is_somebody_else() -> None:
    here = Here()
    a_person("there@example.org", organisation=an_organisation("elsewhere"), state_id="PR-1")
    assert here.bring(JANE) == [("added", None)]


def test_a_state_id_and_an_address_of_two_people_change_neither() -> None:
    here = Here()
    here.a_person("a@example.org", state_id="PR-1")
    here.a_person("b@example.org", state_id="PR-2")
    people = [
        JANE | {"email": "b@example.org"},
        JANE | {"email": "a@example.org", "state_id": "PR-2"},
        JANE | {"email": "c@example.org", "state_id": "PR-3"},
    ]
    assert here.bring(*people) == [("failed", "two_people"), ("failed", "two_people"), ("added", None)]


def test_one_person_on_two_lines_is_taken_once() -> None:
    here = Here()
    here.a_person("jane@example.org", state_id="PR-1")
    by_address = {"name": "Jane", "email": "jane@example.org", "state_id": "PR-9"}
    by_state_id = {"name": "Jane", "email": "new@example.org", "state_id": "PR-1"}
    assert here.bring(by_address, by_state_id) == [("updated", None), ("failed", "repeated")]


def test_each_reason_has_its_sentence() -> None:
    reasons = ("address_unusable", "two_people", "signs_in_with_another_address", "user_name_taken", "repeated")
    outcomes = [people_import.PersonOutcome(2, people_import.PersonState.FAILED, reason) for reason in reasons]
    assert len({outcome.message for outcome in outcomes}) == len(reasons)


def test_the_tallies_of_their_batches_follow_their_districts() -> None:
    here = Here()
    people = [JANE | {"email": f"p{n}@example.org", "state_id": f"PR-{n}"} for n in range(4)]
    here.bring(*people)
    batches = [a_batch(a_course(here.organisation), "One"), a_batch(a_course(here.organisation, "ICT"), "Other")]
    user_ids = db.session.scalars(select(User.id).order_by(User.email)).all()
    enrolled(batches[0], user_ids)
    enrolled(batches[1], user_ids[1:2])
    here.bring(*(person | {"district": "South"} for person in people[:2]), *people[2:])
    districts = [tallies_of(batch.id)[TallyKind.DISTRICT] for batch in batches]
    assert districts == [{"North": 2, "South": 2}, {"South": 1}]


@pytest.mark.parametrize("size", [10, 2000])
def test_the_number_of_queries_does_not_depend_on_how_many(size: int) -> None:
    here = Here()
    people = [JANE | {"email": f"p{n}@example.org", "state_id": f"PR-{n}"} for n in range(size)]
    moved = [person | {"district": "South"} for person in people]
    adding = (queries(here, people[:2]), queries(here, people[2:]))
    enrolled(a_batch(a_course(here.organisation)), db.session.scalars(select(User.id)).all())
    changing = (queries(here, moved[:2]), queries(here, moved[2:]))
    assert (adding[0], changing[0]) == (adding[1], changing[1])
    query = select(User.district, func.count()).group_by(User.district)
    assert [tuple(row) for row in db.session.execute(query)] == [("South", size)]


def queries(here: Here, people: list[dict[str, str]]) -> int:
    lines = lines_of(*people)
    with counted() as seen:
        import_people(here.organisation, lines, BY_NOBODY)
    return len(seen)


# The file.


def file_of(*rows: str, name: str = "people.csv") -> PeopleImport:
    content = "\n".join(rows).encode()
    organisation = Organisation.query.first() or an_organisation("pradesh")
    return people_import.import_file(organisation, content, name, Limits(), BY_NOBODY)


def errors_of(*rows: str) -> list[tuple[int | None, str | None, str]]:
    result = file_of(*rows)
    assert result.outcomes == []
    assert User.query.count() == 0
    return [(error.line, error.column, error.message) for error in result.errors]


def test_a_file_brings_its_people() -> None:
    result = file_of("Name;E-mail;External ID;Shoe size", "Jané;jane@example.org;PR-1;38", ";;;", "Joe;joe@example.org")
    assert [(outcome.line, outcome.state) for outcome in result.outcomes] == [(2, "added"), (4, "added")]
    assert [notice.code for notice in result.notices] == ["delimiter", "unknown_column"]
    assert called("jane@example.org").search_text == "jané\njane@example.org\npr-1"


def test_every_error_is_told_by_line_and_column_and_nothing_is_imported() -> None:
    assert errors_of(
        "name,email,state_id,user_name",
        "Jane,jane@example.org,PR-1,jane",
        ",not an address,,",
        "Joe,,pr-1,",
        "Jim,JANE@example.org,,j d",
        "a\tb,tab@example.org,,JANE",
        f"{'x' * 256},long@example.org,{'ß' * 200},",
        "Jill,jill@example.org,,,what,is,this",
    ) == [
        (3, "email", "“not an address” is not an e-mail address: it has no @."),
        (3, "name", "The name is missing."),
        (4, "email", "The e-mail address is missing."),
        (4, "state_id", "This state ID is on line 2 already."),
        (
            5,
            "user_name",
            "“j d” is not a user name: write letters a to z, digits, dots, dashes and underscores.",
        ),
        (5, "email", "This address is on line 2 already."),
        (
            6,
            "name",
            "The value has control characters in it, or a line break where there can be none: type it again.",
        ),
        (6, "user_name", "This user name is on line 2 already."),
        (7, "name", "The value has 256 characters; at most 255 fit."),
        (7, "state_id", "The value has 200 characters; at most 255 fit."),
        (8, None, "Line 8 has 7 values, the header has 4 columns: put values that contain commas in double quotes."),
    ]


def test_a_file_without_a_needed_column_is_no_list_of_people() -> None:
    (error,) = errors_of("name,state_id", "Jane,PR-1")
    assert error[2] == "The file has no column “email”. Add it to the header, and fill it in on every line."


def test_a_file_that_cannot_be_read_is_told() -> None:
    assert [error[2] for error in errors_of("")] == [
        "The file is empty. Write a header line and at least one line below it."
    ]


def test_values_that_look_like_formulas_come_back_as_they_were() -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["name", "email", "mobile"], ["Jane", "jane@example.org", "'+91 98765"]])
    file_of(*text.getvalue().splitlines())
    assert called("jane@example.org").mobile == "+91 98765"
