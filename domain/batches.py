"""Batches: when they run, who mentors them, and what may be changed about them."""

from datetime import date
from enum import StrEnum

from models import Batch


class BatchState(StrEnum):
    UPCOMING = "upcoming"
    ONGOING = "ongoing"
    ENDED = "ended"


def state_on(batch: Batch, today: date) -> BatchState:
    """Its first and its last day count. `today`: in the organisation's time zone (`domain.days.today_in`)."""
    if today < batch.start_date:
        return BatchState.UPCOMING
    return BatchState.ENDED if batch.end_date and batch.end_date < today else BatchState.ONGOING
