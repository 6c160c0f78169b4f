"""What is wrong with a page is found, also where a page of its kind has been looked at before."""

import pytest

from tests.pages import check_page

GOOD = """<!DOCTYPE html>
<html lang="en"><head><title>Uploads · Muster</title></head>
<body><nav><a href="/">Start</a></nav>
<main id="content"><h1>Uploads</h1><p>2 files</p>
<form><label for="name">Name</label> <input id="name" name="name"> <button class="btn btn-primary">Save</button></form>
</main></body></html>"""

WRONG = {
    "a title of another page": ("<title>Uploads", "<title>Courses"),
    "two headings": ("</form>", "</form><h1>Uploads</h1>"),
    "no heading": ("<h1>Uploads</h1>", ""),
    "an id of the frame in what is framed": ('<a href="/">', '<a href="/" id="name">'),
    "two primary buttons": ("</form>", '<button class="btn-primary">Send</button></form>'),
    "a field without a label": ('<label for="name">Name</label>', ""),
    "a tag that is not closed": ("</form>", "</form><div>"),
    "a tag that was not opened": ("</nav>", "</nav></span>"),
    "an attribute said twice": ("<nav>", '<nav class="a" class="b">'),
    "a style in a tag": ("<nav>", '<nav style="color: red">'),
    "a script in a tag": ("<nav>", '<nav onclick="go()">'),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_found(wrong: str) -> None:
    check_page(GOOD)
    right, instead = WRONG[wrong]
    with pytest.raises(AssertionError):
        check_page(GOOD.replace(right, instead, 1))


def test_a_page_of_a_known_frame_and_known_content_is_good() -> None:
    check_page(GOOD)
    check_page(GOOD.replace("2 files", "3 files"))
