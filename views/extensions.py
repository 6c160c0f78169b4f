"""Flask extensions that the views use; `app.create_app` connects them."""

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

babel = Babel()
bootstrap = Bootstrap5()
compress = Compress()
csrf = CSRFProtect()
limiter = Limiter(get_remote_address, headers_enabled=True)
login_manager = LoginManager()
talisman = Talisman()


def password_hasher() -> PasswordHasher:
    return cast(PasswordHasher, current_app.extensions["password_hasher"])
