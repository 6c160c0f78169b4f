"""Making a collaboration, changing what it is, archiving and restoring it."""

from collections.abc import Iterable

import pytest
from flask import Flask
from sqlalchemy import select

from domain import collaboration_draft, collaboration_settings, invitations
from domain.errors import ConflictError, NotAllowedError
from domain.permissions import Rights
from domain.said import Problems
from models import AuditEntry, Collaboration, Organisation, Unit, User, begin_writing, db, new_id
from models.audit import AuditAction
from tests.people import BY_NOBODY, a_collaboration, a_person, a_unit, an_invitation, an_organisation
from tests.worker.sending import at_once

pytestmark = pytest.mark.usefixtures("app")

SAID = {"name": "Cumulus research group", "short_name": "cumulusgrp", "description": "Clouds.", "labels": "climate"}
TAKEN = "The organisation has a collaboration with this short name already, perhaps an archived one."


def manager_of(organisation: Organisation) -> Rights:
    return Rights(new_id(), manager_of=frozenset([organisation.id]))


def unit_manager(unit: Unit) -> Rights:
    return Rights(new_id(), unit_manager_in=frozenset([unit.organisation_id]), manages_units=frozenset([unit.id]))


def create(organisation: Organisation, units: Iterable[Unit] = (), **said: str) -> collaboration_settings.Made:
    unit_ids = [unit.id for unit in units]
    return collaboration_settings.create(manager_of(organisation), organisation, SAID | said, unit_ids, BY_NOBODY)


def change(collaboration: Collaboration, units: Iterable[Unit] = (), **said: str) -> Problems:
    rights, now_said = manager_of(collaboration.organisation), collaboration_draft.as_texts(collaboration)
    unit_ids = [unit.id for unit in units]
    return collaboration_settings.change(rights, collaboration, now_said | said, unit_ids, BY_NOBODY)


def as_it_is(collaboration: Collaboration) -> dict[str, str]:
    db.session.refresh(collaboration)
    return collaboration_draft.as_texts(collaboration)


def logged() -> list[tuple[str, str]]:
    return [(entry.action, entry.note) for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


# Making one.


def test_a_collaboration_is_made_as_it_is_said() -> None:
    here = an_organisation()
    law, medicine = a_unit(here, "Law"), a_unit(here, "Medicine")
    made = create(here, [medicine, law], labels="Climate, yoda;climate pilot_2").collaboration
    assert made
    assert as_it_is(made) == SAID | {"labels": "climate pilot_2 yoda"}
    assert [unit.name for unit in made.units] == ["Law", "Medicine"]
    assert logged() == [(AuditAction.COLLABORATION_MADE, "cumulusgrp")]


@pytest.mark.parametrize("short_name", ["a", "2024.grp", "a-b_c.d", "x" * 32, "CumulusGRP"])
def test_a_short_name_is_taken_in_small_letters(short_name: str) -> None:
    made = create(an_organisation(), short_name=short_name).collaboration
    assert made
    assert made.short_name == short_name.lower()


@pytest.mark.parametrize("short_name", ["", "-a", ".a", "a b", "a,b", "a;b", "x" * 33, "é", "a\nb", "a/b"])
def test_a_short_name_that_a_file_could_not_name_is_told(short_name: str) -> None:
    assert create(an_organisation(), short_name=short_name).problems == {
        "short_name": [
            "Write a short name of at most 32 letters, digits, dashes, dots and underscores, beginning with a letter "
            "or a digit."
        ]
    }


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_made() -> None:
    here, there = an_organisation("here"), an_organisation("there")
    made = create(
        here, [a_unit(there)], name="", short_name="", description="x" * 4001, labels="ok 1st naïve " + "x" * 33
    )
    assert set(made.problems) == {"name", "short_name", "description", "labels", "units"}
    assert made.problems["units"] == ["One of these units is there no more. Choose again."]
    assert [sentence.partition("”")[0] for sentence in made.problems["labels"]] == ["“1st", "“naïve", "“" + "x" * 33]
    assert db.session.scalars(select(Collaboration)).all() == []


def test_a_short_name_is_taken_once_in_an_organisation_and_again_in_another() -> None:
    here, there = an_organisation("here"), an_organisation("there")
    assert create(here).collaboration
    assert create(there).collaboration
    assert create(here, short_name="CUMULUSGRP", name="").problems.keys() == {"short_name", "name"}
    assert create(here, short_name="CUMULUSGRP").problems == {"short_name": [TAKEN]}


def test_more_labels_than_anybody_reads_are_refused() -> None:
    problems = create(an_organisation(), labels=" ".join(f"label{number}" for number in range(51))).problems
    assert problems == {"labels": ["A collaboration bears at most 50 labels."]}


def test_only_admins_and_managers_of_the_organisation_make_collaborations() -> None:
    here, there = an_organisation("here"), an_organisation("there")
    for rights in (manager_of(there), unit_manager(a_unit(here)), Rights(new_id(), mentor_in=frozenset([here.id]))):
        with pytest.raises(NotAllowedError):
            collaboration_settings.create(rights, here, SAID, [], BY_NOBODY)


def test_of_two_at_once_with_one_short_name_one_is_made(app: Flask) -> None:
    here_id, found = an_organisation().id, []

    def make() -> None:
        begin_writing()
        found.append(create(db.session.get_one(Organisation, here_id)).problems)
        db.session.commit()

    at_once(app, make, make)
    assert sorted(found, key=len) == [{}, {"short_name": [TAKEN]}]


# Changing it.


def test_all_of_it_is_changed_and_the_log_tells_the_old_short_name() -> None:
    here = an_organisation()
    cumulus = a_collaboration(here, units=[a_unit(here, "Yoda")], labels=["yoda", "climate"], groups=["researchers"])
    said = {"name": "Cumulus", "short_name": "cumulus", "description": "", "labels": "climate weather"}
    assert change(cumulus, [law := a_unit(here, "Law")], **said) == {}
    assert as_it_is(cumulus) == said
    assert cumulus.units == [law]
    assert logged() == [(AuditAction.COLLABORATION_CHANGED, "cumulusgrp → cumulus")]


def test_what_changes_nothing_is_not_in_the_log() -> None:
    cumulus = a_collaboration(an_organisation(), labels=["yoda"])
    assert change(cumulus) == {}
    assert logged() == []


def test_a_short_name_that_could_not_be_chosen_today_may_stay() -> None:
    old = a_collaboration(an_organisation(), "Grp: clouds & rain of the faculty of science".lower())
    assert change(old, name="Clouds") == {}
    assert set(change(old, short_name="clouds & rain")) == {"short_name"}


def test_a_short_name_of_another_collaboration_is_refused_beside_its_field() -> None:
    here = an_organisation()
    cumulus, _cirrus = a_collaboration(here), a_collaboration(here, "cirrusgrp")
    assert change(cumulus, short_name="cirrusgrp", name="Other") == {"short_name": [TAKEN]}
    assert as_it_is(cumulus)["name"] == "Cumulusgrp"


def test_a_unit_manager_labels_the_collaborations_of_their_units_and_changes_no_more() -> None:
    here = an_organisation()
    cumulus, nimbus = a_collaboration(here, units=[yoda := a_unit(here)]), a_collaboration(here, "nimbusgrp")
    rights = unit_manager(yoda)
    assert collaboration_settings.relabel(rights, cumulus, "yoda pilot", BY_NOBODY) == {}
    assert as_it_is(cumulus)["labels"] == "pilot yoda"
    assert collaboration_settings.relabel(rights, cumulus, "1", BY_NOBODY).keys() == {"labels"}
    with pytest.raises(NotAllowedError):
        collaboration_settings.relabel(rights, nimbus, "yoda", BY_NOBODY)
    with pytest.raises(NotAllowedError):
        collaboration_settings.change(rights, cumulus, SAID, [], BY_NOBODY)


# Archiving and restoring.


def test_a_collaboration_is_archived_once_and_restored_once() -> None:
    cumulus = a_collaboration(an_organisation())
    rights = manager_of(cumulus.organisation)
    collaboration_settings.archive(rights, cumulus, BY_NOBODY)
    assert cumulus.is_archived
    with pytest.raises(ConflictError, match="archived already"):
        collaboration_settings.archive(rights, cumulus, BY_NOBODY)
    collaboration_settings.restore(rights, cumulus, BY_NOBODY)
    assert not cumulus.is_archived
    with pytest.raises(ConflictError, match="not archived"):
        collaboration_settings.restore(rights, cumulus, BY_NOBODY)
    assert [action for action, _note in logged()] == [
        AuditAction.COLLABORATION_ARCHIVED,
        AuditAction.COLLABORATION_RESTORED,
    ]


def test_a_unit_manager_archives_and_restores_nothing() -> None:
    here = an_organisation()
    cumulus = a_collaboration(here, units=[yoda := a_unit(here)])
    for refused in (collaboration_settings.archive, collaboration_settings.restore):
        with pytest.raises(NotAllowedError):
            refused(unit_manager(yoda), cumulus, BY_NOBODY)


def test_whoever_accepts_while_it_is_archived_comes_before_or_after(app: Flask) -> None:
    cumulus = a_collaboration(an_organisation())
    inviter, ann = a_person("inviter@here.test"), a_person("ann@here.test")
    invitation_id, ann_id, place_id = an_invitation(ann.email, cumulus, inviter).id, ann.id, cumulus.id
    refused: list[str] = []

    def accept() -> None:
        begin_writing()
        try:
            invitations.accept(invitation_id, db.session.get_one(User, ann_id))
            db.session.commit()
        except ConflictError as refusal:
            refused.append(str(refusal))

    def archive() -> None:
        begin_writing()
        place = db.session.get_one(Collaboration, place_id)
        collaboration_settings.archive(manager_of(place.organisation), place, BY_NOBODY)
        db.session.commit()

    at_once(app, accept, archive)
    assert db.session.get_one(Collaboration, place_id).is_archived
    is_member = invitations.locked(invitation_id).membership_id is not None
    assert refused == ([] if is_member else ["This invitation is no longer open."])
