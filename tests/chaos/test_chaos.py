"""A short run of faults at random; `make chaos` has long ones. `CHAOS_SEED` does one again; it is printed."""

import os
import random

import pytest

from tests.chaos.run import run
from tests.chaos.table import table
from tests.conftest import ON_BOTH

pytestmark = pytest.mark.chaos

SEED = os.environ.get("CHAOS_SEED") or str(random.SystemRandom().randrange(10**6))
#: Faults.
ROUNDS = 5


@pytest.mark.parametrize("database", ON_BOTH)
def test_faults_at_random_moments_lose_double_and_hold_up_nothing(database: str) -> None:
    print(f"CHAOS_SEED={SEED}")  # noqa: T201  # to do the same again
    report = run(database, SEED, ROUNDS, is_short=True)
    assert not report.findings, table([report])
