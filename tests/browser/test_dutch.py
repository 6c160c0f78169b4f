"""The main job in Dutch, from signing in to the mail of the invitee and their membership: nobody reads any English.
Nothing is too wide for a phone in longer words.
"""

import re
from collections.abc import Callable

import pytest

from tests.browser.conftest import Person
from tests.browser.test_for_everybody import PHONE, sticks_out
from tests.sheets import HERE
from tests.translations import english_in

pytestmark = pytest.mark.browser

People = Callable[..., Person]
#: No pages: files.
FILES = re.compile(r"\.csv|/(data|file|sample)\b")


def test_a_file_becomes_invitations_and_an_invitee_becomes_a_member_in_dutch(people: People) -> None:
    admin = sign_in(people(locale="nl-NL"), "admin@harderwijk.test")
    choose_dutch_letters(admin)
    yoda = sign_in(people(locale="nl-NL"), "yoda@harderwijk.test")
    read(yoda, "/invitations/schema", "Het blad met uitnodigingen")
    upload_and_process(yoda)

    invitee = people(locale="nl-NL")
    follow_the_link(invitee, "r.doe@example.org")
    in_dutch(invitee)
    invitee.page.get_by_label("Je naam").fill("Robin Doe")
    invitee.page.get_by_label("Wachtwoord kiezen").fill("a long enough password")
    invitee.page.get_by_role("button", name="Account maken en aannemen").click()
    invitee.page.get_by_text("Je bent nu lid van Cumulus research group.").wait_for()
    in_dutch(invitee)


def sign_in(person: Person, email: str) -> Person:
    read(person, "/login", "Inloggen")
    person.page.get_by_label("E-mailadres").fill(email)
    person.page.get_by_label("Wachtwoord").fill("muster-demo")
    person.page.get_by_role("main").get_by_role("button", name="Inloggen").click()
    person.page.get_by_role("heading", level=1, name="Start").wait_for()
    in_dutch(person)
    return person


def read(person: Person, path: str, heading: str) -> None:
    person.page.goto(path)
    assert person.heading() == heading
    in_dutch(person)


def in_dutch(person: Person) -> None:
    assert person.page.get_attribute("html", "lang") == "nl"
    assert english_in(" ".join(person.page.inner_text("body").split()), "nl") == []


def choose_dutch_letters(admin: Person) -> None:
    admin.page.goto("/organisations")
    admin.page.get_by_role("main").get_by_role("link", name="Instellingen").click()
    in_dutch(admin)
    admin.page.get_by_label("Taal van mails").select_option("Nederlands")
    admin.page.get_by_role("button", name="Instellingen opslaan").click()
    admin.page.get_by_text("De instellingen zijn opgeslagen.").wait_for()


def upload_and_process(yoda: Person) -> None:
    read(yoda, "/invitations/upload", "Uitnodigingen uploaden")
    yoda.page.get_by_label("Bestand").set_input_files(HERE / "two-lines.csv")
    yoda.page.get_by_text("Gekozen: two-lines.csv").wait_for()
    yoda.page.get_by_role("button", name="Uploaden en controleren").click()
    yoda.page.get_by_role("heading", level=1, name="Gereed: 5 uitnodigingen").wait_for()
    in_dutch(yoda)
    yoda.page.get_by_role("button", name="5 uitnodigingen verwerken").click()
    heading = yoda.page.get_by_role("heading", name="Klaar: 5 uitnodigingen verstuurd")
    link = yoda.page.get_by_role("link", name="Laat zien wat er van elk geworden is")
    link.or_(heading).wait_for()
    if link.count():
        in_dutch(yoda)
        link.click()
    heading.wait_for()
    in_dutch(yoda)


def follow_the_link(person: Person, address: str) -> None:
    read(person, "/mailbox", "Postvak")
    person.page.get_by_label("Ontvanger").fill(address)
    person.page.get_by_role("button", name="Zoeken").click()
    person.page.get_by_role("row").get_by_role("link").first.click()
    assert "nodigt je uit voor Cumulus research group" in person.heading()
    frame = person.page.frame_locator("iframe")
    frame.get_by_text("Had je deze mail niet verwacht?").wait_for()
    in_dutch(person)
    person.page.goto(frame.get_by_role("link", name="Open de uitnodiging").get_attribute("href") or "")


@pytest.mark.parametrize("email", ["admin@harderwijk.test", "state@pradesh.test"])
def test_nothing_sticks_out_of_a_phone_in_longer_words(people: People, email: str) -> None:
    """On all pages that the first one leads to, and on those that these lead to: one of each kind."""
    person = sign_in(people(locale="nl-NL", width=PHONE), email)
    linked = pages_linked_from(person, pages_linked_from(person, {"": "/"}))
    assert len(linked) > 20
    assert [path for path in linked.values() if wide(person, path)] == []


def pages_linked_from(person: Person, pages: dict[str, str]) -> dict[str, str]:
    """And they themselves: their paths by their kinds, which leave out what is another for each of a kind."""
    found = dict(pages)
    for path in pages.values():
        person.page.goto(path)
        links = person.page.eval_on_selector_all("a[href^='/']", "all => all.map(link => link.getAttribute('href'))")
        found = {re.sub(r"\?.*|#.*|[^/]*\d[^/]*", "", link): link for link in links if not FILES.search(link)} | found
    return found


def wide(person: Person, path: str) -> bool:
    person.page.goto(path)
    return sticks_out(person.page)
