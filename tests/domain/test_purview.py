"""What the names in a file stand for, for one person, in the demo world."""

import uuid

import pytest

from domain.people import rights_of
from domain.purview import Names, Purview, Targets, purview_of
from models import User, now
from models.collaboration import Role
from tests.people import (
    a_collaboration,
    a_group,
    a_membership,
    a_person,
    a_unit,
    an_organisation,
    the_collaboration,
    the_person,
)
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("world")

RESEARCHERS = "301ee8e6-b5d1-40b5-a27e-47611f803371"
ANALYSTS = "412ee9e8-b6d2-51b6-a38e-58722f914482"
CLINICIANS = "7a1f0c36-5f0e-4c0e-9a43-0d2a4a1f9b11"


def yoda() -> User:
    return the_person("yoda@harderwijk.test")


def purview(user: User, *named: str) -> Purview:
    return purview_of(rights_of(user), Names(named, named, named))


def understood(short_names: str = "", labels: str = "", groups: str = "", user: User | None = None) -> Targets:
    """Of a line with these values, separated by spaces; asked by the unit manager unless told otherwise."""
    asked = (tuple(short_names.split()), tuple(labels.split()), tuple(groups.split()))
    return purview(user or yoda(), *asked[0], *asked[1], *asked[2]).targets(*asked)


def hits(found: Targets) -> dict[str, list[str]]:
    """The groups under each CO."""
    return {target.place.short_name: [group.short_name for group in target.groups] for target in found.hits}


def misses(found: Targets) -> list[tuple[str, str]]:
    return [(miss.collaboration, miss.reason) for miss in found.misses]


def sentence(found: Targets) -> str:
    return found.misses[0].message


def test_a_short_name_is_found_in_any_case() -> None:
    for written in ("cumulusgrp", "CumulusGRP", "CUMULUSGRP"):
        found = understood(written)

        assert hits(found) == {"cumulusgrp": []}
        assert found.hits[0].place.name == "Cumulus research group"
        assert found.misses == ()


def test_a_label_stands_for_every_collaboration_of_ones_purview_that_bears_it() -> None:
    a_collaboration(the_collaboration("auroragrp").organisation, "borealisgrp", labels=["yoda"])
    a_collaboration(the_collaboration("nimbusgrp").organisation, "altogrp", labels=["yoda"])

    assert hits(understood(labels="YODA")) == {"cirrusgrp": [], "cumulusgrp": []}
    assert hits(understood(labels="climate")) == {"cumulusgrp": []}


def test_a_collaboration_named_twice_is_one() -> None:
    assert hits(understood("cumulusgrp CUMULUSGRP", "yoda climate")) == {"cumulusgrp": [], "cirrusgrp": []}


# The table of groups.


def test_a_group_goes_with_the_collaboration_that_it_belongs_to_and_the_others_get_none() -> None:
    for written in (RESEARCHERS, RESEARCHERS.upper(), RESEARCHERS.replace("-", ""), "Researchers"):
        found = understood("cumulusgrp cirrusgrp", groups=written)

        assert hits(found) == {"cumulusgrp": ["researchers"], "cirrusgrp": []}


def test_a_group_by_identifier_and_by_short_name_is_one() -> None:
    assert hits(understood("cumulusgrp", groups=f"researchers {RESEARCHERS}")) == {"cumulusgrp": ["researchers"]}


def test_a_short_name_that_several_collaborations_have_goes_with_each_ones_own_group() -> None:
    own = a_group(the_collaboration("cirrusgrp"), "researchers")
    found = understood(labels="yoda", groups="researchers")

    assert hits(found) == {"cirrusgrp": ["researchers"], "cumulusgrp": ["researchers"]}
    assert [target.groups[0].id for target in found.hits] == [own.id, uuid.UUID(RESEARCHERS)]


def test_groups_are_spread_over_the_collaborations_in_the_order_written() -> None:
    a_group(the_collaboration("cumulusgrp"), "analysts")
    found = understood("cumulusgrp cirrusgrp", groups=f"analysts {RESEARCHERS}")

    assert hits(found) == {"cumulusgrp": ["analysts", "researchers"], "cirrusgrp": ["analysts"]}


def test_a_group_that_exists_nowhere_fails_the_line_for_all_its_collaborations() -> None:
    found = understood("cumulusgrp cirrusgrp", groups="researchers nosuch")

    assert hits(found) == {}
    assert misses(found) == [("cumulusgrp", "group_not_found"), ("cirrusgrp", "group_not_found")]
    assert sentence(found) == "There is no group “nosuch” (looked in: cumulusgrp and cirrusgrp)."


def test_a_group_of_another_collaboration_that_one_manages_is_said_to_be_there() -> None:
    found = understood("cumulusgrp", groups=ANALYSTS)

    assert misses(found) == [("cumulusgrp", "group_not_found")]
    assert sentence(found) == (
        f"Group “{ANALYSTS}” belongs to cirrusgrp, which this line does not name (looked in: cumulusgrp)."
    )


def test_a_group_of_a_collaboration_that_one_does_not_manage_is_not_said_to_exist() -> None:
    for group in (CLINICIANS, "clinicians"):
        said = sentence(understood("cumulusgrp", groups=group))

        assert said == f"There is no group “{group}” (looked in: cumulusgrp)."


def test_each_group_that_is_missing_is_named() -> None:
    said = sentence(understood("cumulusgrp", groups="analysts nosuch"))

    assert "Group “analysts” belongs to cirrusgrp" in said
    assert "There is no group “nosuch”" in said


def test_of_very_many_collaborations_only_the_first_few_are_named() -> None:
    organisation = the_collaboration("cumulusgrp").organisation
    for number in range(7):
        a_collaboration(organisation, f"co{number}", labels=["many"], groups=["everywhere"])
    manager = the_person("manager@harderwijk.test")

    assert "(looked in: co0, co1, co2, co3, co4 and 2 more)" in sentence(
        understood(labels="many", groups="nosuch", user=manager)
    )
    assert "belongs to co0, co1, co2, co3, co4 and 2 more, which" in sentence(
        understood("nimbusgrp", groups="everywhere", user=manager)
    )


def test_a_group_is_not_looked_for_where_no_collaboration_is_found() -> None:
    assert misses(understood("nosuchgrp", groups="nosuch")) == [("nosuchgrp", "collaboration_not_found")]


# What cannot be invited to.


def test_a_collaboration_that_does_not_exist_is_not_found() -> None:
    found = understood("cumulusgrp quite-another-name")

    assert hits(found) == {"cumulusgrp": []}
    assert misses(found) == [("quite-another-name", "collaboration_not_found")]
    assert sentence(found) == "You manage no collaboration “quite-another-name”. Check its short name."


def test_a_slip_is_answered_with_the_nearest_short_name() -> None:
    for slip in ("cumulusgroup", "CUMULUSGPR", "cumulus-grp"):
        assert sentence(understood(slip)) == f"You manage no collaboration “{slip}”. Did you mean “cumulusgrp”?"


def test_only_short_names_that_one_manages_are_near() -> None:
    for slip in ("stratusgrp1", "nimbusgrp1", "auroragrp1"):
        assert purview(yoda()).nearest(slip) is None


def test_near_names_are_not_looked_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.purview._MOST_COMPARISONS", 4)
    mine = purview(yoda())  # manages two

    assert [mine.nearest(slip) for slip in ("cumulusgr", "cumulusgr", "cirrusgr")] == [
        "cumulusgrp",
        "cumulusgrp",
        "cirrusgrp",
    ]
    assert mine.nearest("cumulusgroup") is None
    assert mine.nearest("cumulusgr") == "cumulusgrp"


def test_an_archived_collaboration_is_refused_as_such_and_borne_by_no_label() -> None:
    the_collaboration("cumulusgrp").archived_at = now()
    found = understood("Cumulusgrp", "yoda climate")

    assert hits(found) == {"cirrusgrp": []}
    assert misses(found) == [("Cumulusgrp", "not_allowed"), ("climate", "label_not_found")]
    assert sentence(found).startswith("“Cumulusgrp” is archived: nobody can be invited to it, unless an admin")


def test_an_archived_collaboration_is_not_near_and_does_not_make_a_short_name_ambiguous() -> None:
    paula = the_person("platform@muster.test")
    the_collaboration("cumulusgrp").archived_at = now()
    a_collaboration(an_organisation("another"), "cumulusgrp")

    assert hits(understood("cumulusgrp", user=paula)) == {"cumulusgrp": []}
    assert purview(yoda()).nearest("cumulusgr") is None


def test_of_an_archived_collaboration_elsewhere_one_is_told_no_more_than_before() -> None:
    the_collaboration("stratusgrp").archived_at = the_collaboration("auroragrp").archived_at = now()

    assert "archived" not in sentence(understood("stratusgrp"))
    assert misses(understood("auroragrp")) == [("auroragrp", "collaboration_not_found")]


def test_a_collaboration_outside_ones_units_is_refused_plainly() -> None:
    for short_name in ("stratusgrp", "nimbusgrp", "STRATUSGRP"):
        found = understood(short_name)

        assert misses(found) == [(short_name, "not_allowed")]
        assert sentence(found).startswith(f"You may not invite to “{short_name}”: it belongs to none of your units.")


def test_where_one_is_only_a_member_units_are_not_spoken_of() -> None:
    a_membership(yoda(), the_collaboration("auroragrp"))

    assert sentence(understood("auroragrp")) == "You may not invite to “auroragrp”. Ask an admin of its organisation."


def test_a_label_that_no_collaboration_of_ones_own_bears_is_not_found() -> None:
    stratus = the_collaboration("stratusgrp")
    a_collaboration(stratus.organisation, "altogrp", units=stratus.units, labels=["medicine"])
    found = understood(labels="medicine nosuch")

    assert misses(found) == [("medicine", "label_not_found"), ("nosuch", "label_not_found")]
    assert sentence(found) == "No collaboration that you manage bears the label “medicine”."


def test_a_short_name_in_two_of_ones_organisations_is_ambiguous() -> None:
    a_collaboration(the_collaboration("auroragrp").organisation, "cumulusgrp")
    platform = the_person("platform@muster.test")
    found = understood("cumulusgrp", user=platform)

    assert misses(found) == [("cumulusgrp", "ambiguous_collaboration")]
    assert sentence(found) == (
        "Several of your organisations have a collaboration “cumulusgrp”. Invite to it from its own page."
    )


def test_a_short_name_in_somebody_elses_organisation_does_not_make_it_ambiguous() -> None:
    a_collaboration(the_collaboration("auroragrp").organisation, "cumulusgrp")

    assert hits(understood("cumulusgrp")) == {"cumulusgrp": []}


# Somebody else's organisation does not exist.


def test_another_organisations_collaboration_is_not_found_like_one_that_does_not_exist() -> None:
    assert sentence(understood("auroragrp")) == sentence(understood("nosuchgrp")).replace("nosuchgrp", "auroragrp")


def test_another_organisations_label_and_group_are_not_found() -> None:
    aurora = the_collaboration("auroragrp")
    group = a_group(aurora, "observers")
    a_collaboration(aurora.organisation, "borealisgrp", labels=["night"], groups=["observers"])

    assert misses(understood(labels="night")) == [("night", "label_not_found")]
    for written in ("observers", str(group.id)):
        said = sentence(understood("cumulusgrp", groups=written))
        assert said == f"There is no group “{written}” (looked in: cumulusgrp)."


# Who may.


@pytest.mark.parametrize(
    ("email", "mine"),
    [
        ("platform@muster.test", {"cumulusgrp", "stratusgrp", "nimbusgrp", "auroragrp"}),
        ("admin@harderwijk.test", {"cumulusgrp", "stratusgrp", "nimbusgrp"}),
        ("manager@harderwijk.test", {"cumulusgrp", "stratusgrp", "nimbusgrp"}),
        ("yoda@harderwijk.test", {"cumulusgrp"}),
        ("member@harderwijk.test", set()),
        ("admin@otherland.test", {"auroragrp"}),
    ],
)
def test_each_role_invites_to_its_own_collaborations(email: str, mine: set[str]) -> None:
    found = understood("cumulusgrp stratusgrp nimbusgrp auroragrp", user=the_person(email))

    assert hits(found).keys() == mine


def test_mentors_and_members_and_admins_of_a_collaboration_have_no_right_to_invite_in_bulk() -> None:
    cumulus = the_collaboration("cumulusgrp")
    mentor = a_person("mentor@example.org", mentor_in=cumulus.organisation)
    admin = a_person("co-admin@example.org")
    a_membership(admin, cumulus, Role.ADMIN)

    for person in (mentor, admin, the_person("member@harderwijk.test")):
        assert misses(understood("cumulusgrp", "yoda", user=person)) == [
            ("cumulusgrp", "not_allowed"),
            ("yoda", "label_not_found"),
        ]


def test_a_collaboration_of_several_units_falls_under_the_manager_of_either() -> None:
    organisation = an_organisation("delta")
    units = [a_unit(organisation, name) for name in ("North", "South")]
    a_collaboration(organisation, "deltagrp", units=units)
    for number, unit in enumerate(units):
        manager = a_person(f"manager{number}@delta.test", manages=[unit])
        assert hits(understood("deltagrp", user=manager)) == {"deltagrp": []}


def test_a_thousand_names_take_as_many_queries_as_one() -> None:
    assert queries(1) == queries(1_000)


def queries(size: int) -> int:
    names = [f"nosuch{number}" for number in range(size - 1)]
    rights = rights_of(yoda())
    with counted() as seen:
        mine = purview_of(rights, Names(["cumulusgrp", *names], ["yoda", *names], ["researchers", *names]))
        for name in ["nosuch", *names]:
            mine.targets((name, "cumulusgrp"), (name,), (name,))
    return len(seen)
