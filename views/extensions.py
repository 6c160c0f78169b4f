"""Flask extensions that the views use; `app.create_app` connects them."""

import logging
from typing import cast

from argon2 import PasswordHasher
from flask import current_app
from flask_babel import Babel
from flask_bootstrap import Bootstrap5
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFProtect
from limits import RateLimitItem
from limits.errors import StorageError

from views.limit_storage import OPTIONS

log = logging.getLogger(__name__)

babel = Babel()
bootstrap = Bootstrap5()
compress = Compress()
csrf = CSRFProtect()
#: While its storage is away, each process counts for itself, and no page fails.
limiter = Limiter(
    get_remote_address,
    headers_enabled=True,
    storage_options=OPTIONS,
    in_memory_fallback_enabled=True,
    swallow_errors=True,
)
login_manager = LoginManager()
talisman = Talisman()


def password_hasher() -> PasswordHasher:
    return cast(PasswordHasher, current_app.extensions["password_hasher"])


def is_within(rate: RateLimitItem, *whose: str) -> bool:
    """Count one more, and answer whether it may be. What cannot be counted may."""
    try:
        return limiter.limiter.hit(rate, *whose)
    except StorageError:
        log.warning("What is limited cannot be counted.", exc_info=True)
        return True
