"""Sentences, dates and numbers in the language that is being spoken."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from domain import language
from domain.language import gettext, ngettext

NOON = datetime(2026, 12, 31, 12, 5, tzinfo=UTC)


def test_until_somebody_says_otherwise_it_is_english() -> None:
    assert language.spoken() is None
    assert gettext("Uploads to finish") == "Uploads to finish"


def test_it_is_dutch_meanwhile_and_no_longer() -> None:
    with language.speaking("nl"):
        assert language.spoken() == "nl"
        assert gettext("Uploads to finish") == "Uploads om af te maken"
        with language.speaking("en"):
            assert gettext("Uploads to finish") == "Uploads to finish"
        assert gettext("Uploads to finish") == "Uploads om af te maken"
    assert language.spoken() is None


@pytest.mark.parametrize("code", ["tlh", "../../etc", "", None])
def test_what_cannot_be_spoken_is_said_in_english(code: str | None) -> None:
    with language.speaking(code):
        assert gettext("Uploads to finish") == "Uploads to finish"
        assert language.day(NOON) == "31 December 2026"


@pytest.mark.parametrize(
    ("code", "day", "minute", "number"),
    [
        ("en", "31 December 2026", "31 December 2026, 12:05 UTC", "1,234,567"),
        ("nl", "31 december 2026", "31 december 2026, 12:05 UTC", "1.234.567"),
    ],
)
def test_dates_and_numbers_are_written_as_the_reader_does(code: str, day: str, minute: str, number: str) -> None:
    with language.speaking(code):
        assert language.day(date(2026, 12, 31)) == day
        assert language.minute(NOON) == minute
        assert language.number(1_234_567) == number


def test_one_and_many_have_their_own_sentences_and_their_numbers() -> None:
    one, many = "%(number)s invitation will fail", "%(number)s invitations will fail"
    with language.speaking("nl"):
        assert ngettext(one, many, 1) == "1 uitnodiging zal mislukken"
        assert ngettext(one, many, 1_000) == "1.000 uitnodigingen zullen mislukken"


def test_words_are_listed_as_one_says_it() -> None:
    assert [language.listing(words) for words in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]
    with language.speaking("nl"):
        assert language.listing("abc") == "a, b en c"


def test_languages_are_called_as_their_speakers_call_them() -> None:
    assert [language.name_of(code) for code in ("en", "nl", "pt_BR")] == ["English", "Nederlands", "Português (Brasil)"]
    assert language.tag_of("pt_BR") == "pt-BR"


@pytest.fixture
def _nothing_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a clone where nothing has been made yet."""
    monkeypatch.setattr(language, "CATALOGUES", tmp_path)
    for remembered in (language.languages, language._speech):
        remembered.cache_clear()
    yield
    for remembered in (language.languages, language._speech):
        remembered.cache_clear()


@pytest.mark.usefixtures("_nothing_compiled")
def test_without_compiled_catalogues_it_is_english_and_no_fault() -> None:
    assert language.languages() == ("en",)
    with language.speaking("nl"):
        assert gettext("Uploads to finish") == "Uploads to finish"
