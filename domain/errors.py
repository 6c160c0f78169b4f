"""Refusals: what the domain will not do, each with a sentence for the person who asked.

Mistakes in people's files are no exceptions but data: see `domain.findings`.
"""


class RefusalError(Exception):
    """`str(error)` is a sentence for the person."""


class ConflictError(RefusalError):
    """It cannot be done as things stand now."""


class GoneError(RefusalError):
    """It was there, and has been kept for long enough."""


class NotAllowedError(RefusalError):
    """The person's roles do not include it."""


class SuspendedError(RefusalError):
    """It is in an organisation that is suspended."""
