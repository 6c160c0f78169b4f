"""What the names in a file stand for: the collaborations and groups within somebody's purview.

All names of a file are looked up together, in a handful of queries; then each line asks in memory.
"""

import difflib
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, or_, select, true

from domain.collaborations import invitable_by, words_of_archived
from domain.language import gettext as _
from domain.language import listing, ngettext
from domain.permissions import Rights, may_invite_in_bulk
from models import Collaboration, Group, Label, db, key_of
from models.base import among
from models.collaboration import collaboration_units

_MOST_NAMES_COMPARED = 20_000
#: A near name is a courtesy that costs microseconds for each name compared: all of them in a file, a second at most.
_MOST_COMPARISONS = 300_000
#: Of many collaborations, a sentence names the first few.
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class GroupFound:
    id: uuid.UUID
    short_name: str


@dataclass(slots=True)
class Place:
    """A collaboration, with what a line may say of it."""

    id: uuid.UUID
    organisation_id: uuid.UUID
    short_name: str
    name: str
    is_archived: bool = False
    unit_ids: set[uuid.UUID] = field(default_factory=set)
    #: By identifier (as text) and by short name.
    groups: dict[str, GroupFound] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """A collaboration that a line invites to, with those of the line's groups that are its own."""

    place: Place
    groups: tuple[GroupFound, ...]


@dataclass(frozen=True, slots=True)
class Miss:
    """Something a line names that cannot be invited to, and why."""

    #: The CO's short name, or what the file wrote.
    collaboration: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Targets:
    """What one line invites to, and where it misses."""

    hits: tuple[Target, ...]
    misses: tuple[Miss, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """Everything that the lines of a file name."""

    short_names: Collection[str]
    labels: Collection[str]
    groups: Collection[str]


class Purview:
    """Answers, for one person, what the names of a file stand for. Made by `purview_of`."""

    def __init__(self, rights: Rights, places: Iterable[Place], labels: dict[str, list[uuid.UUID]]) -> None:
        self._rights = rights
        #: To which the person may invite; and to which they might, were they not archived.
        self._mine: dict[uuid.UUID, Place] = {}
        self._archived: dict[uuid.UUID, Place] = {}
        self._by_short_name: defaultdict[str, list[Place]] = defaultdict(list)
        for place in places:
            self._by_short_name[place.short_name].append(place)
            if may_invite_in_bulk(rights, place):
                (self._archived if place.is_archived else self._mine)[place.id] = place
        self._labels = {
            label: [self._mine[place] for place in ids if place in self._mine] for label, ids in labels.items()
        }
        self._known: dict[tuple[tuple[str, ...], ...], Targets] = {}
        self._short_names_of_mine: list[str] | None = None
        self._near: dict[str, str | None] = {}
        self._compared = 0

    def targets(self, short_names: tuple[str, ...], labels: tuple[str, ...], groups: tuple[str, ...]) -> Targets:
        key = (short_names, labels, groups)
        if key not in self._known:
            self._known[key] = self._find(*key)
        return self._known[key]

    def _find(self, short_names: tuple[str, ...], labels: tuple[str, ...], groups: tuple[str, ...]) -> Targets:
        places: dict[uuid.UUID, Place] = {}
        misses = []
        for short_name in short_names:
            found = self._by_name(short_name)
            if isinstance(found, Miss):
                misses.append(found)
            else:
                places[found.id] = found
        for label in labels:
            bearing = self._labels.get(key_of(label), [])
            places.update((place.id, place) for place in bearing)
            if not bearing:
                misses.append(_no_label(label))
        return self._spread(groups, list(places.values()), misses)

    def _by_name(self, short_name: str) -> Place | Miss:
        known = self._by_short_name.get(key_of(short_name), [])
        mine = [place for place in known if place.id in self._mine]
        if len(mine) == 1:
            return mine[0]
        if mine:
            return _ambiguous(short_name)
        if any(place.id in self._archived for place in known):
            return Miss(short_name, "not_allowed", words_of_archived(short_name))
        return _not_yours(short_name, self._rights, known) if known else self._no_collaboration(short_name)

    def _no_collaboration(self, short_name: str) -> Miss:
        near = self.nearest(short_name)
        hint = _("Did you mean “%(near)s”?", near=near) if near else _("Check its short name.")
        message = _("You manage no collaboration “%(name)s”.", name=short_name) + " " + hint
        return Miss(short_name, "collaboration_not_found", message)

    def nearest(self, short_name: str) -> str | None:
        """The short name, of those that this person may invite to, that it may be a slip of."""
        key = key_of(short_name)
        if key not in self._near:
            self._near[key] = self._look_near(key)
        return self._near[key]

    def _look_near(self, key: str) -> str | None:
        if self._short_names_of_mine is None:
            self._short_names_of_mine = _short_names_invitable(self._rights)
        self._compared += len(self._short_names_of_mine)
        if self._compared > _MOST_COMPARISONS:
            return None
        return next(iter(difflib.get_close_matches(key, self._short_names_of_mine, 1, 0.7)), None)

    def _spread(self, groups: tuple[str, ...], places: list[Place], misses: list[Miss]) -> Targets:
        """Each group to the COs that it belongs to. One that belongs to none of them fails them all."""
        keys = [group_key(group) for group in groups]
        nowhere = [
            group
            for group, key in zip(groups, keys, strict=True)
            if places and not any(key in place.groups for place in places)
        ]
        if nowhere:
            sentence = self._no_group(nowhere, places)
            lost = [Miss(place.short_name, "group_not_found", sentence) for place in places]
            return Targets((), (*misses, *lost))
        hits = [Target(place, _each_once(place.groups[key] for key in keys if key in place.groups)) for place in places]
        return Targets(tuple(hits), tuple(misses))

    def _no_group(self, nowhere: list[str], places: list[Place]) -> str:
        looked_in = _first_few([place.short_name for place in places])
        sentences = []
        for group in nowhere:
            key = group_key(group)
            elsewhere = sorted(place.short_name for place in self._mine.values() if key in place.groups)
            if elsewhere:
                sentence = _(
                    "Group “%(group)s” belongs to %(elsewhere)s, which this line does not name "
                    "(looked in: %(looked_in)s).",
                    group=group,
                    elsewhere=_first_few(elsewhere),
                    looked_in=looked_in,
                )
            else:
                sentence = no_group(group, looked_in)
            sentences.append(sentence)
        return " ".join(sentences)


def no_group(group: str, looked_in: str) -> str:
    return _("There is no group “%(group)s” (looked in: %(looked_in)s).", group=group, looked_in=looked_in)


def _each_once(groups: Iterable[GroupFound]) -> tuple[GroupFound, ...]:
    return tuple({group.id: group for group in groups}.values())


def _no_label(label: str) -> Miss:
    message = _("No collaboration that you manage bears the label “%(label)s”.", label=label)
    return Miss(label, "label_not_found", message)


def _ambiguous(short_name: str) -> Miss:
    message = _(
        "Several of your organisations have a collaboration “%(name)s”. Invite to it from its own page.",
        name=short_name,
    )
    return Miss(short_name, "ambiguous_collaboration", message)


def _not_yours(short_name: str, rights: Rights, known: Iterable[Place]) -> Miss:
    if any(place.organisation_id in rights.unit_manager_in for place in known):
        message = _(
            "You may not invite to “%(name)s”: it belongs to none of your units. Ask an admin of your organisation.",
            name=short_name,
        )
    elif any(place.organisation_id in rights.suspended_in for place in known):
        message = _("You may not invite to “%(name)s”: its organisation is suspended.", name=short_name)
    else:
        message = _("You may not invite to “%(name)s”. Ask an admin of its organisation.", name=short_name)
    return Miss(short_name, "not_allowed", message)


def _first_few(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    if more <= 0:
        return listing(names)
    return ngettext(
        "%(names)s and %(number)s more", "%(names)s and %(number)s more", more, names=", ".join(names[:_MOST_NAMED])
    )


# Loading, in sets.


def purview_of(rights: Rights, names: Names, known: Collection[uuid.UUID] = ()) -> Purview:
    """Look up all names at once: five queries, whatever the size of the file.

    `known`: organisations that exist for the person whatever their rights: what is in them is refused, not hidden.
    """
    places = _load_places(rights, names, known)
    return Purview(rights, places.values(), _load_labels(names.labels, places))


def _known_to(rights: Rights, known: Collection[uuid.UUID]) -> ColumnElement[bool]:
    if rights.is_platform_admin:
        return true()
    return Collaboration.organisation_id.in_(
        rights.manages_in | rights.mentor_in | rights.guest_in | rights.suspended_in | {*known}
    )


def _load_places(rights: Rights, names: Names, known: Collection[uuid.UUID]) -> dict[uuid.UUID, Place]:
    with_label = select(Label.collaboration_id).where(among(Label.name, _keys(names.labels)))
    with_group = select(Group.collaboration_id).where(_is_named(names.groups))
    rows = db.session.execute(
        select(
            Collaboration.id,
            Collaboration.organisation_id,
            Collaboration.short_name,
            Collaboration.name,
            Collaboration.archived_at.is_not(None),
        )
        .where(
            _known_to(rights, known),
            or_(
                among(Collaboration.short_name, _keys(names.short_names)),
                Collaboration.id.in_(with_label),
                Collaboration.id.in_(with_group),
            ),
        )
        .order_by(Collaboration.short_name)
    )
    places = {row.id: Place(*row) for row in rows}
    for place_id, unit_id in db.session.execute(
        select(collaboration_units.c.collaboration_id, collaboration_units.c.unit_id).where(
            among(collaboration_units.c.collaboration_id, places)
        )
    ):
        places[place_id].unit_ids.add(unit_id)
    _load_groups(places, names.groups)
    return places


def _load_groups(places: dict[uuid.UUID, Place], named: Collection[str]) -> None:
    if not named:
        return
    query = select(Group.id, Group.collaboration_id, Group.short_name)
    for group in db.session.execute(query.where(_is_named(named), among(Group.collaboration_id, places))):
        found = GroupFound(group.id, group.short_name)
        places[group.collaboration_id].groups |= {str(group.id): found, group.short_name: found}


def _load_labels(labels: Collection[str], places: dict[uuid.UUID, Place]) -> dict[str, list[uuid.UUID]]:
    bearing: defaultdict[str, list[uuid.UUID]] = defaultdict(list)
    query = select(Label.name, Label.collaboration_id)
    if labels:
        found = query.where(among(Label.name, _keys(labels)), among(Label.collaboration_id, places))
        for name, place_id in db.session.execute(found):
            bearing[name].append(place_id)
    order = {place_id: position for position, place_id in enumerate(places)}
    return {label: sorted(ids, key=order.__getitem__) for label, ids in bearing.items()}


def _is_named(groups: Collection[str]) -> ColumnElement[bool]:
    identifiers = [identifier for group in groups if (identifier := _identifier(group))]
    return or_(among(Group.short_name, _keys(groups)), among(Group.id, identifiers))


def group_key(text: str) -> str:
    """How a group is looked up: its identifier in the one spelling, or its short name."""
    return str(_identifier(text) or key_of(text))


def _identifier(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _keys(texts: Iterable[str]) -> set[str]:
    return {key_of(text) for text in texts}


def _short_names_invitable(rights: Rights) -> list[str]:
    """The short names of every CO in use that the person may invite to."""
    names = select(Collaboration.short_name).where(invitable_by(rights), Collaboration.archived_at.is_(None))
    return list(db.session.scalars(names.distinct().limit(_MOST_NAMES_COMPARED)))
