"""A mail server for the worker's tests."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.worker.sending import connect
from tests.worker.smtp import MailServer


@pytest.fixture
def server(world: Flask) -> Iterator[MailServer]:
    """A mail server that the application, with the demo world in it, delivers to."""
    with MailServer() as server:
        connect(world, server)
        yield server
    connect(world, None)
