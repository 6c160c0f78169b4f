"""What is said about a collaboration: read from what was typed, and held against what its columns take."""

import re
from collections.abc import Mapping
from typing import Any

from domain import said as readers
from domain.cells import shown
from domain.language import gettext as _
from domain.said import Problems
from models import Collaboration

#: The names of its fields, beside its units.
SAID = ("name", "short_name", "description", "labels")
MOST_LABELS = 50
_LABEL = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_BETWEEN_LABELS = re.compile(r"[\s,;]+")


def read(said: Mapping[str, str], now: Collaboration | None = None) -> tuple[dict[str, Any], Problems]:
    """The values by field, and what is wrong with the others. `now`: what it is as yet; its short name may stay."""
    values, problems = readers.read(
        said,
        {
            "name": readers.name,
            "short_name": readers.unless(now.short_name if now else None, readers.short_name),
            "description": readers.description,
        },
    )
    values["labels"], wrong = read_labels(said.get("labels", ""))
    return values, problems | ({"labels": wrong} if wrong else {})


def read_labels(text: str) -> tuple[list[str], list[str]]:
    """Labels with spaces, commas or semicolons between them, in small letters; and a sentence for each that is none."""
    written = [*dict.fromkeys(label for label in _BETWEEN_LABELS.split(text.lower()) if label)]
    wrong = [label for label in written if not _LABEL.fullmatch(label)]
    problems = [_no_label(label) for label in wrong[:MOST_LABELS]]
    if len(written) > MOST_LABELS:
        problems.append(_("A collaboration bears at most %(most)s labels.", most=MOST_LABELS))
    return [label for label in written if label not in wrong], problems


def _no_label(label: str) -> str:
    return _(
        "“%(label)s” is no label: write at most 32 letters, digits, dashes and underscores, beginning with a letter.",
        label=shown(label),
    )


def as_texts(collaboration: Collaboration) -> dict[str, str]:
    """What `read` would read the collaboration from, as it is."""
    return {
        "name": collaboration.name,
        "short_name": collaboration.short_name,
        "description": collaboration.description,
        "labels": labels_as_text(collaboration),
    }


def labels_as_text(collaboration: Collaboration) -> str:
    return " ".join(label.name for label in collaboration.labels)
