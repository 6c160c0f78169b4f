"""The pictures of the README, taken of the demo world: `make screenshots`."""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import NAMES, Person, running
from tests.browser.test_batches import edit_from_workspace
from tests.browser.test_invitations import upload

PICTURES = Path(__file__).parent / "screenshots"


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="muster-") as folder, running("serve", Path(folder)) as address:
        take(address)


def take(address: str) -> None:
    program = next(found for name in NAMES if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yoda = Person(browser, address).sign_in("yoda@harderwijk.test")
        yoda.page.set_viewport_size({"width": 1100, "height": 760})
        upload(yoda, "two-lines.csv")
        yoda.page.screenshot(path=PICTURES / "ready.png")
        upload(yoda, "many-errors.csv")
        yoda.page.screenshot(path=PICTURES / "errors.png")
        mentor = Person(browser, address).sign_in("mentor@pradesh.test")
        mentor.page.set_viewport_size({"width": 1100, "height": 900})
        mentor.page.goto("/workspace/batches")
        mentor.page.get_by_role("link", name="Dashboard State training", exact=True).click()
        mentor.page.get_by_role("heading", name="In pictures").wait_for()
        mentor.page.screenshot(path=PICTURES / "dashboard.png")
        edit_from_workspace(mentor, "One too many")
        mentor.page.set_viewport_size({"width": 1100, "height": 700})
        mentor.page.evaluate("scrollTo(0, document.body.scrollHeight)")
        mentor.page.screenshot(path=PICTURES / "edit-batch.png")
        browser.close()


if __name__ == "__main__":
    main()
