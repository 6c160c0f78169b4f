"""Every page: axe finds nothing, light and dark; nothing overflows at 320 px; the keyboard reaches everything."""

from collections.abc import Callable
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.browser.conftest import Person
from tests.browser.test_batches import pick, picker, upload_participants
from tests.browser.test_invitations import follow_the_link, upload, wait_until_done
from tests.sheets import HERE

pytestmark = pytest.mark.browser

People = Callable[..., Person]
LITERACY = "/courses/course-v1:pradesh+FLN101+2026"
#: The width on which pages are gone through: on a phone it is harder.
PHONE = 320
#: What can be otherwise on a page in the dark, and on a phone.
OF_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
OF_LAYOUT = {"type": "rule", "values": ["target-size", "scrollable-region-focusable"]}

#: Handed over once for each browser that looks, and not for each page that is looked at: it is half a megabyte.
AXE = f"window.getAxe = () => {{ {Axe().axe_script} }}"
RUN = "options => axe.run(options).then(found => found.violations)"
#: Nothing that is loaded anew: its rules look at what plays by itself.
OPTIONS = {"resultTypes": ["violations"], "preload": False}


def look(page: Page) -> None:
    """axe's findings by WCAG 2.2 AA, on a phone, on a screen, and in the dark; and whether anything sticks out.

    On a phone a page is the same but for its layout, and in the dark but for its colours: axe, which takes a second for
    each page, looks at these alone. Nothing is loaded anew: a page that is turned, or seen at nightfall, holds too.
    """
    width = (page.viewport_size or {})["width"]
    if not page.evaluate("'getAxe' in window"):
        page.context.add_init_script(AXE)
        page.evaluate(AXE)
    page.evaluate("getAxe()")
    see(page, PHONE, "light", {"runOnly": OF_LAYOUT})
    see(page, 1280, "light", {})
    see(page, 1280, "dark", {"runOnly": OF_COLOURS})
    show(page, width, "light")


def show(page: Page, width: int, theme: Literal["light", "dark"]) -> None:
    if page.viewport_size != (size := ViewportSize(width=width, height=900)):
        page.set_viewport_size(size)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # a button changes its colours slowly
    expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)


def see(page: Page, width: int, theme: Literal["light", "dark"], options: dict[str, Any]) -> None:
    show(page, width, theme)
    found = page.evaluate(RUN, OPTIONS | options)
    told = [(rule["id"], [node["html"] for node in rule["nodes"]][:3]) for rule in found]
    assert found == [], f"{page.url}, {theme}, {width} px: {told}"
    assert not sticks_out(page), f"{page.url} is wider than {width} px"


def sticks_out(page: Page) -> bool:
    """Whether anything does: the page could be moved sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def follow(page: Page, link: Locator) -> None:
    """A link or a button, to the page that it leads to: axe must not look at one that is being left."""
    with page.expect_navigation():
        link.click()
    look(page)


def visit(person: Person, *paths: str) -> None:
    for path in paths:
        person.page.goto(path)
        look(person.page)


def test_every_page_of_the_main_job(people: People) -> None:
    stranger = people(width=PHONE)
    visit(stranger, "/login", "/nothing-here", "/join/not-a-token", "/forgot-password", "/reset-password/not-a-token")
    yoda = people(width=PHONE).sign_in("yoda@harderwijk.test")
    visit(yoda, "/", "/uploads", "/invitations/schema", "/invitations/upload")
    visit(yoda, "/account", "/account/name", "/account/language", "/account/password")
    for name in ("many-errors.csv", "excel-dutch.csv", "will-fail.csv"):
        upload(yoda, name)
        look(yoda.page)
    visit(yoda, f"{yoda.page.url}?show=failures", f"{yoda.page.url}/discard")
    yoda.page.goto(yoda.page.url.removesuffix("/discard"))
    follow(yoda.page, yoda.page.get_by_role("button", name="Process 1 invitation"))
    wait_until_done(yoda)
    look(yoda.page)
    visit(yoda, "/uploads", "/")
    every_page_of_a_collaboration(yoda)
    visit(stranger, "/mailbox")
    follow_the_link(stranger, "fine@example.org")
    look(stranger.page)
    follow(stranger.page, stranger.page.get_by_role("button", name="Create account and accept"))
    follow(stranger.page, stranger.page.get_by_role("button", name="Decline"))


def every_page_of_a_collaboration(person: Person) -> None:
    visit(person, "/collaborations", "/collaborations?q=nothing-like-it")
    person.page.get_by_role("link", name="All collaborations").first.click()
    person.page.get_by_role("link", name="Cirrus analysis group").click()
    here = person.page.url
    visit(person, here, f"{here}/members", f"{here}/groups", f"{here}/invite")
    follow(person.page, person.page.get_by_role("main").get_by_role("button").first)
    person.page.goto(f"{here}/members")
    follow(person.page, person.page.get_by_role("link", name="Revoke").first)


def test_every_page_of_courses_batches_and_participants(people: People) -> None:
    mentor = people(width=PHONE).sign_in("mentor@pradesh.test")
    visit(mentor, "/", "/courses", "/courses?q=nothing-like-it", LITERACY)
    visit(mentor, "/workspace/batches", "/workspace/batches?show=ended")
    every_page_of_a_batch(mentor)
    state = people(width=PHONE).sign_in("state@pradesh.test")
    every_page_of_participants(state)


def every_page_of_a_batch(person: Person) -> None:
    visit(person, f"{LITERACY}/batches/new")
    person.page.get_by_role("button", name="Create batch").click()
    pick(person, "PR-05501", "Participants")
    look(person.page)
    for name in ("Open batch", "One too many", "Pilot"):
        here = address_of(person, name)
        visit(person, here, f"{here}/edit")
    person.page.get_by_role("button", name="Remove").first.click()
    expect(person.page.locator("#taking-part")).to_contain_text("has been removed")
    look(person.page)
    visit(person, f"{here}/dashboard?sort=name&show=in-progress", f"{here}/dashboard?q=nothing-like-it")
    visit(person, f"{here}/dashboard")
    for numbers in person.page.get_by_text("The numbers").all():
        numbers.click()
    look(person.page)


def every_page_of_participants(person: Person) -> None:
    here = address_of(person, "Pilot")
    visit(person, f"{here}/participants", f"{address_of(person, 'Open batch')}/participants")
    upload_participants(person, HERE / "participants.csv", "Add")
    look(person.page)
    person.page.get_by_role("button", name="Add 3 people").click()
    wait_until_done(person)
    look(person.page)
    visit(person, f"{here}/participants/changes")
    visit(person, "/audit-log", "/audit-log?q=nothing-like-it")


def test_every_page_of_an_organisation(people: People) -> None:
    platform = people(width=PHONE).sign_in("platform@muster.test")
    visit(platform, "/organisations", "/organisations?q=nothing-like-it", "/organisations/new")
    send_and_look(platform, "Make organisation")
    visit(platform, "/platform/admins", "/platform/admins/new", "/platform/api-keys", "/platform/audit-log")
    platform.page.goto("/organisations")
    for link in ("Otherland Institute", "Suspend organisation"):
        follow(platform.page, platform.page.get_by_role("link", name=link))
    send_and_look(platform, "Suspend organisation")
    otto = people(width=PHONE).sign_in("admin@otherland.test")
    look(otto.page)
    visit(otto, platform.page.url)
    follow(platform.page, platform.page.get_by_role("link", name="Resume organisation"))
    send_and_look(platform, "Resume organisation")
    admin = people(width=PHONE).sign_in("admin@harderwijk.test")
    visit(admin, "/organisations")
    here = admin.page.url
    visit(admin, f"{here}/units", f"{here}/people?q=nothing-like-it")
    forms = {"settings": "Save settings", "units/new": "Make unit", "people/invite": "Send invitations"}
    for path, button in forms.items():
        visit(admin, f"{here}/{path}")
        send_and_look(admin, button)
    for path, link in (("units", "Change"), ("people", "Change"), ("people", "Take away")):
        visit(admin, f"{here}/{path}")
        follow(admin.page, admin.page.get_by_role("link", name=link).last)
    invite_to_a_role(admin, here, "member@harderwijk.test")
    member = people(width=PHONE).sign_in("member@harderwijk.test")
    look(member.page)
    follow(member.page, member.page.get_by_role("link", name="Answer"))
    visit(people(width=PHONE), member.page.url)
    send_and_look(member, "Decline")
    visit(admin, f"{here}/people")


def invite_to_a_role(admin: Person, here: str, address: str) -> None:
    admin.page.goto(f"{here}/people/invite")
    admin.page.get_by_label("E-mail addresses").fill(address)
    admin.page.get_by_label("Mentor (").check()
    send_and_look(admin, "Send invitations")
    follow(admin.page, admin.page.get_by_role("link", name="Revoke"))


def send_and_look(person: Person, button: str) -> None:
    follow(person.page, person.page.get_by_role("button", name=button))


def address_of(person: Person, batch: str) -> str:
    person.page.goto(LITERACY)
    return person.page.get_by_role("link", name=batch, exact=True).get_attribute("href") or ""


def test_the_main_job_is_done_by_keyboard_alone(people: People) -> None:
    yoda = people().sign_in("yoda@harderwijk.test")
    upload(yoda, "two-lines.csv")
    yoda.page.locator("body").press("Tab")
    assert yoda.page.locator(":focus").inner_text() == "Skip to the content"
    for _step in range(30):
        yoda.page.keyboard.press("Tab")
        if yoda.page.locator(":focus").inner_text() == "Process 5 invitations":
            break
    outline = yoda.page.locator(":focus").evaluate("element => getComputedStyle(element).outlineStyle")
    assert outline != "none", "the focus is seen"
    yoda.page.keyboard.press("Enter")
    wait_until_done(yoda)


def test_everything_about_a_batch_is_reached_by_keyboard_and_seen_to_be(people: People) -> None:
    state = people().sign_in("state@pradesh.test")
    here = address_of(state, "Pilot")
    for path in (
        "/",
        "/courses",
        LITERACY,
        "/workspace/batches",
        f"{LITERACY}/batches/new",
        here,
        f"{here}/edit",
        f"{here}/dashboard",
        f"{here}/participants",
        f"{here}/participants/changes",
    ):
        state.page.goto(path)
        go_through_by_keyboard(state.page)


def go_through_by_keyboard(page: Page) -> None:
    """Tab by tab, until the page begins again. Of radio buttons, the chosen one stands for all."""
    page.evaluate(
        """() => {
            const kinds = "a[href], button, input:not([type=hidden]), select, textarea, summary";
            const all = document.querySelectorAll(kinds);
            const reachable = (element) => element.checkVisibility() && !element.disabled && element.type !== "radio";
            window.unreached = new Set([...all].filter(reachable));
        }"""
    )
    left = page.evaluate("window.unreached.size")
    while left:
        page.keyboard.press("Tab")
        focus = page.evaluate(
            """() => {
                const focus = document.activeElement;
                window.unreached.delete(focus);
                const outline = getComputedStyle(focus).outlineStyle;
                return {"html": focus.outerHTML.slice(0, 200), outline, "left": window.unreached.size};
            }"""
        )
        left = focus["left"]
        assert not focus["html"].startswith("<body"), f"{page.url}: no key leads to {missed(page)}"
        assert focus["outline"] != "none", f"{page.url}: the focus is not seen on {focus['html']}"


def missed(page: Page) -> list[str]:
    found: list[str] = page.evaluate("[...window.unreached].map((element) => element.outerHTML)")
    return found


def test_participants_are_picked_by_keyboard_alone(people: People) -> None:
    mentor = people().sign_in("mentor@pradesh.test")
    mentor.page.goto(f"{address_of(mentor, 'Pilot')}/edit")
    picker(mentor).get_by_role("searchbox").focus()
    mentor.page.keyboard.type("PR-05501")
    picker(mentor).get_by_text("1 person found.").wait_for()
    for key in ("Tab", "Tab", "Space", "Tab", "Enter"):
        mentor.page.keyboard.press(key)
    expect(mentor.page.get_by_text("1 participant has been added.")).to_be_visible()


def test_a_page_is_light_and_asks_no_other_host(people: People, address: str) -> None:
    mentor = people().sign_in("mentor@pradesh.test")
    pages = ["/", f"{address_of(mentor, 'State training')}/dashboard", f"{address_of(mentor, 'Full house')}/edit"]
    for page in pages:
        weights = weights_of_first_load(mentor, page)
        assert {url.split("/")[2] for url in weights} == {address.removeprefix("http://")}
        assert sum(weights.values()) <= 100_000, f"{page} is heavy: {weights}"


def weights_of_first_load(person: Person, path: str) -> dict[str, int]:
    """The bytes of each answer, with nothing kept from before."""
    session = person.context.new_cdp_session(person.page)
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    urls: dict[str, str] = {}
    weights: dict[str, int] = {}

    def note(url: str, weight: int) -> None:
        if not url.startswith("data:"):  # comes with the style sheet
            weights[url] = weight

    session.on("Network.requestWillBeSent", lambda event: urls.update({event["requestId"]: event["request"]["url"]}))
    session.on("Network.loadingFinished", lambda event: note(urls[event["requestId"]], int(event["encodedDataLength"])))
    person.page.goto(path, wait_until="networkidle")
    session.detach()
    assert len(weights) >= 6, f"{path} and what it asks for: {weights}"
    return weights
