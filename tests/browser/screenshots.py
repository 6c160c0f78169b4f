"""The pictures of the README, taken of the demo world: `make screenshots`."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import NAMES, ROOT, Person, free_port, wait_for
from tests.browser.test_invitations import upload

PICTURES = Path(__file__).parent / "screenshots"


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="muster-"))
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "INSTANCE_PATH": str(folder)}
    log = (folder / "log").open("wb")
    process = subprocess.Popen([ROOT / ".ci" / "serve"], cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/login", process, folder / "log")
        take(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()
        log.close()
        shutil.rmtree(folder)


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
        browser.close()


if __name__ == "__main__":
    main()
