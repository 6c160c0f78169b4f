"""From lines to invitations: every invitee x every CO, what is repeated, and what contradicts itself."""

import uuid
from datetime import UTC, datetime
from typing import Any

from domain.addresses import key_of_address
from domain.findings import Finding
from domain.invitation_plan import Plan, Step, count_steps, names_in
from domain.invitation_sheet import Invitee, Line
from domain.permissions import Rights
from domain.purview import GroupFound, Names, Place, Purview
from models.collaboration import Role
from models.upload import Level

ORGANISATION, CUMULUS, CIRRUS = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
IN_JUNE = datetime(2027, 6, 30, 23, 59, 59, tzinfo=UTC)
IN_JULY = datetime(2027, 7, 31, 23, 59, 59, tzinfo=UTC)


def a_purview() -> Purview:
    """Of two COs, both with a group of the same short name and with the label `yoda`."""
    places = [a_place(CUMULUS, "cumulusgrp"), a_place(CIRRUS, "cirrusgrp")]
    rights = Rights(uuid.uuid4(), admin_of=frozenset([ORGANISATION]))
    return Purview(rights, places, {"yoda": [CUMULUS, CIRRUS]})


def a_place(identifier: uuid.UUID, short_name: str) -> Place:
    groups = {name: GroupFound(uuid.uuid4(), name) for name in ("researchers", "readers")}
    return Place(identifier, ORGANISATION, short_name, short_name.capitalize(), groups=groups)


def a_line(number: int, *invitees: str, **said: Any) -> Line:
    line = Line(number)
    line.invitees = tuple(Invitee(email, key_of_address(email)) for email in invitees or ("a@example.org",))
    for name, value in {"short_names": ("cumulusgrp",), **said}.items():
        setattr(line, name, value)
    return line


def planned(*lines: Line) -> tuple[list[Step], list[Finding]]:
    plan, mine = Plan(), a_purview()
    return [step for line in lines for step in plan.steps(line, mine)], plan.conflicts


def told(steps: list[Step]) -> list[tuple[int, str, str, Level | None]]:
    return [(step.line.number, step.invitee.email, step.collaboration, step.level) for step in steps]


def conflicts(*lines: Line) -> list[str]:
    return [conflict.message for conflict in planned(*lines)[1]]


def test_a_line_means_every_invitee_times_every_collaboration() -> None:
    line = a_line(2, "a@example.org", "b@example.org", short_names=("cumulusgrp", "cirrusgrp"))

    assert told(planned(line)[0]) == [
        (2, "a@example.org", "cumulusgrp", None),
        (2, "a@example.org", "cirrusgrp", None),
        (2, "b@example.org", "cumulusgrp", None),
        (2, "b@example.org", "cirrusgrp", None),
    ]
    assert count_steps(line, a_purview()) == 4


def test_what_is_not_found_fails_for_every_invitee_and_the_rest_is_sent() -> None:
    line = a_line(2, "a@example.org", "b@example.org", labels=("nosuch",))
    steps, _conflicts = planned(line)

    assert [(step.collaboration, step.level, step.reason) for step in steps] == [
        ("cumulusgrp", None, None),
        ("nosuch", Level.FAILURE, "label_not_found"),
    ] * 2
    assert count_steps(line, a_purview()) == 4


def test_a_failure_tells_line_invitee_collaboration_and_reason() -> None:
    steps, _conflicts = planned(a_line(7, "A@example.org", short_names=(), labels=("nosuch",)))

    assert steps[0].as_finding() == Finding(
        Level.FAILURE,
        "label_not_found",
        "No collaboration that you manage bears the label “nosuch”.",
        line=7,
        invitee="A@example.org",
        collaboration="nosuch",
    )


def test_the_same_invitation_on_a_later_line_is_skipped_and_the_first_line_named() -> None:
    steps, found = planned(a_line(2), a_line(5), a_line(9))

    assert [step.level for step in steps] == [None, Level.SKIP, Level.SKIP]
    assert [step.reason for step in steps] == [None, "repeated", "repeated"]
    assert [step.message for step in steps[1:]] == ["The same invitation stands on line 2 already."] * 2
    assert found == []


def test_the_same_invitation_twice_on_a_line_is_skipped() -> None:
    steps, found = planned(a_line(2, "a@example.org", "A@Example.org"))

    assert told(steps)[1] == (2, "A@Example.org", "cumulusgrp", Level.SKIP)
    assert steps[1].message == "The same invitation stands on this line already."
    assert found == []


def test_addresses_are_the_same_in_any_case_and_spelling() -> None:
    steps, _conflicts = planned(a_line(2, "X@bücher.de"), a_line(3, "x@xn--bcher-kva.de"))

    assert [step.level for step in steps] == [None, Level.SKIP]


def test_a_collaboration_by_label_is_the_one_by_short_name() -> None:
    steps, found = planned(a_line(2), a_line(3, short_names=(), labels=("yoda",)))

    assert told(steps)[1:] == [
        (3, "a@example.org", "cumulusgrp", Level.SKIP),
        (3, "a@example.org", "cirrusgrp", None),
    ]
    assert found == []


def test_a_different_role_is_a_conflict_that_names_both_lines() -> None:
    steps, found = planned(a_line(2, "e@example.org"), a_line(5, "E@EXAMPLE.ORG", intended_role=Role.ADMIN))

    assert [(step.line.number, step.level) for step in steps] == [(2, None), (5, Level.ERROR)]
    assert found == [
        Finding(
            Level.ERROR,
            "conflict",
            "Lines 2 and 5 both invite E@EXAMPLE.ORG to cumulusgrp, with a different role, dates or groups: keep one "
            "of them.",
            5,
            value="E@EXAMPLE.ORG",
            invitee="E@EXAMPLE.ORG",
            collaboration="cumulusgrp",
        )
    ]


def test_different_dates_are_conflicts() -> None:
    for column in ("invitation_expiry_date", "membership_expiry_date"):
        assert conflicts(a_line(2, **{column: IN_JUNE}), a_line(3, **{column: IN_JULY}))
        assert conflicts(a_line(2, **{column: IN_JUNE}), a_line(3))
        assert not conflicts(a_line(2, **{column: IN_JUNE}), a_line(3, **{column: IN_JUNE}))


def test_different_groups_are_a_conflict_but_not_their_order() -> None:
    both, turned = ("researchers", "readers"), ("readers", "researchers")

    assert conflicts(a_line(2, groups=both), a_line(3, groups=("readers",)))
    assert conflicts(a_line(2, groups=both), a_line(3))
    assert not conflicts(a_line(2, groups=both), a_line(3, groups=turned))


def test_another_message_or_sender_is_no_conflict() -> None:
    assert not conflicts(a_line(2, message="Welcome", sender_name="Yoda"), a_line(3, message="Hello"))


def test_each_collaboration_of_a_contradiction_is_told() -> None:
    one = a_line(2, short_names=("cumulusgrp", "cirrusgrp"))
    other = a_line(3, short_names=(), labels=("yoda",), intended_role=Role.ADMIN)

    assert [conflict.collaboration for conflict in planned(one, other)[1]] == ["cumulusgrp", "cirrusgrp"]


def test_every_line_is_compared_with_the_first() -> None:
    said = conflicts(a_line(2), a_line(3, intended_role=Role.ADMIN), a_line(4), a_line(5, intended_role=Role.ADMIN))

    assert [message[:16] for message in said] == ["Lines 2 and 3 bo", "Lines 2 and 5 bo"]


def test_what_fails_is_no_first_to_be_repeated() -> None:
    steps, found = planned(a_line(2, groups=("nosuch",)), a_line(3))

    assert [step.level for step in steps] == [Level.FAILURE, None]
    assert found == []


def test_a_plan_remembers_what_it_has_only_walked_over() -> None:
    plan, mine = Plan(), a_purview()
    plan.walk_over(a_line(2), mine)

    assert [step.level for step in plan.steps(a_line(3), mine)] == [Level.SKIP]


def test_all_names_of_a_file_are_gathered_each_once() -> None:
    lines = [a_line(2, groups=("researchers",)), a_line(3, labels=("yoda",)), a_line(4, groups=("researchers",))]

    assert names_in(lines) == Names({"cumulusgrp"}, {"yoda"}, {"researchers"})
