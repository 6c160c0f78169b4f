"""A provider to sign in with."""

import pytest
from flask import Flask

from tests.provider import JANE, LocalProvider, connected


@pytest.fixture
def provider(world: Flask, local_provider: LocalProvider, monkeypatch: pytest.MonkeyPatch) -> LocalProvider:
    """It knows Jane, and Muster knows it as SURFconext."""
    local_provider.knows("jane", **JANE)
    monkeypatch.setitem(world.extensions, "providers", connected(local_provider.settings()))
    return local_provider
