"""The people of an organisation as a list: who is on it, what finds them, and what it costs."""

import uuid
from typing import Any

import pytest

from domain import directory
from domain.directory import Account, Counts, SortBy, Wanted
from domain.keyset import FIRST, LAST, Start
from models import Identity, Organisation, User, db
from tests.people import a_person, add, an_organisation, teachers
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("app")

SIZE = 3


class Here:
    def __init__(self) -> None:
        self.organisation: Organisation = an_organisation("here")

    def a_person(self, name: str, **given: Any) -> User:
        plain = {"organisation": self.organisation, "name": name}
        return a_person(f"{name.lower()}@here.test", **plain | given)

    def people(self, *names: str) -> list[User]:
        return [self.a_person(name) for name in names]

    def names(self, start: Start = FIRST, size: int = SIZE, **wanted: Any) -> list[str]:
        page = directory.page_of(self.organisation, Wanted(**wanted), start, size)
        return [row.name for row in page.items]


def test_only_its_own_people_are_on_it_whoever_else_has_a_role() -> None:
    here = Here()
    here.people("Asha")
    a_person("admin@elsewhere.test", admin_of=here.organisation)
    a_person("there@elsewhere.test", organisation=an_organisation("elsewhere"))
    assert here.names() == ["Asha"]


def test_a_row_tells_what_the_organisation_knows() -> None:
    here = Here()
    asha = here.a_person("Asha", state_id="PR-1", district="North", school="Zilla", block="Mul", password_hash="x")
    (row,) = directory.page_of(here.organisation, Wanted(), FIRST, SIZE).items
    assert row == (
        *(asha.id, "Asha", "Asha", "asha.here.test", "asha@here.test", "PR-1", "North", "Zilla", "Mul"),
        *(None, True, True),
    )


def test_who_has_neither_password_nor_provider_cannot_sign_in_yet() -> None:
    here = Here()
    _new, linked = here.people("Asha", "Bose")
    add(Identity(user_id=linked.id, issuer="https://idp.test", subject="1"))
    page = directory.page_of(here.organisation, Wanted(), FIRST, SIZE)
    assert [row.can_sign_in for row in page.items] == [False, True]


def test_they_come_by_name_or_the_newest_first_page_by_page() -> None:
    here = Here()
    here.people("Dev", "Asha", "Chitra", "Bose")
    assert here.names() == ["Asha", "Bose", "Chitra"]
    assert here.names(LAST) == ["Bose", "Chitra", "Dev"]
    assert here.names(sort=SortBy.NEWEST) == ["Bose", "Chitra", "Asha"]
    for sort, (after, before) in {SortBy.NAME: (["Dev"], []), SortBy.NEWEST: (["Dev"], [])}.items():
        page = directory.page_of(here.organisation, Wanted(sort=sort), FIRST, SIZE)
        assert page.after is not None
        wanted = Wanted(sort=sort)
        assert here.names(directory.start_of(wanted, after=page.after.as_text()), sort=sort) == after
        assert page.before is None, before


def test_two_of_one_name_are_both_there() -> None:
    here = Here()
    for number in range(5):
        a_person(f"{number}@here.test", organisation=here.organisation, name="Asha")
    seen, mark = [], None
    while True:
        rows, mark = directory.page_after(here.organisation, Wanted(), mark, 2)
        seen += [row.email for row in rows]
        if mark is None:
            break
    assert sorted(seen) == [f"{number}@here.test" for number in range(5)]


@pytest.mark.parametrize(
    "words", ["pr-0002", "PR-0002", "chitra@here.test", "chitra.here.test", "hitr", "CHITRA@", "  chitra  "]
)
def test_somebody_is_found_by_name_state_id_address_and_user_name(words: str) -> None:
    here = Here()
    here.a_person("Asha", state_id="PR-00021")
    here.a_person("Chitra", state_id="PR-0002")
    assert here.names(words=words) == ["Chitra"]


def test_somebody_is_found_by_user_id() -> None:
    here = Here()
    asha, _bose = here.people("Asha", "Bose")
    assert here.names(words=str(asha.id)) == ["Asha"]
    assert here.names(words=str(uuid.uuid4())) == []


def test_nobody_of_another_organisation_is_found_by_anything() -> None:
    here = Here()
    there = a_person("x@elsewhere.test", name="Xena", organisation=an_organisation("elsewhere"), state_id="EL-1")
    for words in ("EL-1", "x@elsewhere.test", "xena", str(there.id), there.user_name):
        assert here.names(words=words) == []


@pytest.mark.parametrize("words", ["%", "_", "\\", "/", "'", "x" * 1000])
def test_what_is_searched_for_is_text(words: str) -> None:
    here = Here()
    here.people("Asha")
    assert here.names(words=words) == []


def test_the_list_is_narrowed_by_how_accounts_are_with_a_search_too() -> None:
    here = Here()
    here.people("Asha", "Bose")
    here.a_person("Chitra", is_active=False)
    assert here.names(account=Account.OPEN) == ["Asha", "Bose"]
    assert here.names(account=Account.DEACTIVATED) == ["Chitra"]
    assert here.names(account=Account.OPEN, words="chitra@here.test") == []
    assert here.names(account=Account.DEACTIVATED, words="hit") == ["Chitra"]
    assert directory.counts_of(here.organisation) == Counts(3, 1)
    assert directory.counts_of(here.organisation).open == 2


def test_counting_ends_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "MOST_COUNTED", 2)
    here = Here()
    here.a_person("Chitra", is_active=False)
    here.people("Asha", "Bose")
    counts = directory.counts_of(here.organisation)
    assert (counts.everybody, counts.deactivated, counts.open) == (None, 1, None)


def test_the_file_has_everybody_as_they_can_be_brought_back() -> None:
    here = Here()
    asha = here.a_person("Asha", state_id="PR-1", mobile="+91 98765 43210")
    bose = here.a_person("Bose", district="North", is_active=False)
    db.session.commit()
    assert [*directory.file_of(here.organisation)] == [
        ("name", "email", "state_id", "district", "school", "block", "mobile", "user_name", "user_id", "account"),
        ("Asha", "asha@here.test", "PR-1", None, None, None, "+91 98765 43210", "asha.here.test", asha.id, "open"),
        ("Bose", "bose@here.test", None, "North", None, None, None, "bose.here.test", bose.id, "deactivated"),
    ]
    assert directory.file_name(here.organisation).startswith("people-here-2")


@pytest.mark.parametrize("words", ["", "teacher", "PR-00002", "nobody"])
def test_a_page_takes_the_same_queries_among_many(words: str) -> None:
    few, many = an_organisation("few"), an_organisation("many")
    teachers(few, 5)
    teachers(many, 2_000)

    def queries(organisation: Organisation) -> int:
        with counted() as seen:
            directory.page_of(organisation, Wanted(words), FIRST, 50)
            directory.counts_of(organisation)
        return len(seen)

    assert queries(few) == queries(many)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Wanted(), "ix_users_organisation_name"),
        (Wanted(sort=SortBy.NEWEST), "ix_users_organisation"),
        (Wanted(account=Account.OPEN), "ix_users_organisation_name"),
        (Wanted(account=Account.DEACTIVATED), "ix_users_closed"),
        (Wanted("PR-00002"), "sqlite_autoindex_users"),
    ],
)
def test_nobody_is_sorted_nor_looked_at_who_is_not_shown(wanted: Wanted, index: str) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("what PostgreSQL does depends on how many there are")
    here = Here()
    teachers(here.organisation, 5)
    with counted() as seen:
        directory.page_of(here.organisation, wanted, FIRST, SIZE)
    places = [here.organisation.id.hex] * (seen[-1].count("?") - 2)
    plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {seen[-1]}", (*places, SIZE + 1, 0)).all()
    assert f"USING INDEX {index}" in plan[0][3]
