"""The people of an organisation: listed, read, deactivated and reactivated. Files of them: `views.api.uploads`."""

import uuid
from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import Annotated

from flask import abort
from pydantic import BaseModel, Field
from typing_extensions import TypedDict  # pydantic wants it until Python 3.12

from domain import deactivating, directory
from domain.deactivating import Change, Outcome
from domain.directory import Account, Row, SortBy, Wanted
from domain.permissions import may_run_organisation
from models import Organisation, key_of
from views import access
from views.api import problems
from views.api.blueprint import ApiBlueprint
from views.api.calls import call
from views.api.lists import Listed, Paged, Words, cursor_of, mark_asked_for
from views.api.participants import Identifiers

bp = ApiBlueprint("api_people", problems.tell, url_prefix="/api/v1/organisations/<organisation>/people")


class PeopleAskedFor(Paged):
    search: Words = Field(
        "", description="Words in the name, the state ID or the e-mail address; or all of one of these."
    )
    account: Account | None = Field(None, description="Only those whose account is so.")
    sort: SortBy = SortBy.NAME


class PersonAnswer(BaseModel):
    user_id: uuid.UUID
    user_name: str = Field(examples=["teacher05501"])
    name: str
    email: str = Field(examples=["teacher05501@pradesh.test"])
    state_id: str | None = Field(examples=["PR-05501"])
    district: str | None
    school: str | None
    block: str | None
    mobile: str | None
    account: Account
    has_signed_in: bool = Field(description="They have a password, or have signed in through a provider.")


class People(Listed[PersonAnswer]):
    """People of the organisation."""


class ResultOfChange(TypedDict):
    """What became of one identifier."""

    identifier: Annotated[str, Field(description="As it was sent.")]
    outcome: Change
    reason: Annotated[
        str | None,
        Field(
            description="Of those failed `not_found`, `oneself`, `platform_admin`, `last_admin`; of those skipped "
            "`already_deactivated`, `already_open`, `repeated`."
        ),
    ]


class _Changed(BaseModel):
    skipped: int
    failed: int
    results: list[ResultOfChange] = Field(description="One for each identifier, in their order.")


class Deactivated(_Changed):
    deactivated: int


class Reactivated(_Changed):
    reactivated: int


@bp.get("")
@access.organisation_called(may_run_organisation)
@call("List people", "Of the organisation. Any page costs the same.", query=PeopleAskedFor, answer=People)
def index(organisation: Organisation, query: PeopleAskedFor) -> People:
    wanted = Wanted(query.search, query.account, query.sort)
    mark = mark_asked_for(query, partial(directory.mark_in, wanted))
    rows, after = directory.page_after(organisation, wanted, mark, query.limit)
    return People.model_construct(items=[*map(_person, rows)], next=cursor_of(after))


@bp.get("/<person>")
@access.organisation_called(may_run_organisation)
@call("Read a person", "By user ID or state ID.", answer=PersonAnswer)
def show(organisation: Organisation, person: str) -> PersonAnswer:
    user_id = directory.find(organisation, [person]).get(key_of(person)) or abort(404)
    return _person(directory.row_of(user_id))


@bp.post("/deactivate")
@access.organisation_called(may_run_organisation)
@call(
    "Deactivate accounts",
    "They are signed out at once. One that cannot be deactivated stops none of the others.",
    body=Identifiers,
    answer=Deactivated,
)
def deactivate(organisation: Organisation, body: Identifiers) -> Deactivated:
    outcomes = deactivating.deactivate(access.my_rights(), organisation, body.identifiers, access.by())
    counts = Counter(outcome.change for outcome in outcomes)
    return Deactivated.model_construct(
        deactivated=counts[Change.DEACTIVATED],
        skipped=counts[Change.SKIPPED],
        failed=counts[Change.FAILED],
        results=_results(outcomes),
    )


@bp.post("/reactivate")
@access.organisation_called(may_run_organisation)
@call("Reactivate accounts", "They sign in as before.", body=Identifiers, answer=Reactivated)
def reactivate(organisation: Organisation, body: Identifiers) -> Reactivated:
    outcomes = deactivating.reactivate(access.my_rights(), organisation, body.identifiers, access.by())
    counts = Counter(outcome.change for outcome in outcomes)
    return Reactivated.model_construct(
        reactivated=counts[Change.REACTIVATED],
        skipped=counts[Change.SKIPPED],
        failed=counts[Change.FAILED],
        results=_results(outcomes),
    )


def _person(row: Row) -> PersonAnswer:
    return PersonAnswer.model_construct(
        user_id=row.id,
        user_name=row.user_name,
        name=row.name,
        email=row.email,
        state_id=row.state_id,
        district=row.district,
        school=row.school,
        block=row.block,
        mobile=row.mobile,
        account=Account.OPEN if row.is_active else Account.DEACTIVATED,
        has_signed_in=row.can_sign_in,
    )


def _results(outcomes: Iterable[Outcome]) -> list[ResultOfChange]:
    return [
        {"identifier": outcome.identifier, "outcome": outcome.change, "reason": outcome.reason} for outcome in outcomes
    ]
