"""Logging in, and staying logged in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from users import checks
from users.endpoints import LOGIN, LOGOUT, REFRESH

if TYPE_CHECKING:
    from users.api_user import ApiUser

#: A token is renewed when this share of its lifetime is over, as a well-behaved client does before it expires: early
#: enough for the slowest request that still carries it, and for a server that counts in whole seconds.
RENEW_AT_SHARE = 0.7


class Session:
    """The tokens of one user. Each request for them is an ordinary, recorded one; failures are not hidden."""

    def __init__(self, user: ApiUser, email: str, password: str | None = None) -> None:
        self._user = user
        self.email = email
        self._password = password
        self._tokens: checks.Tokens | None = None
        self._renew_at = 0.0
        self.headers: dict[str, str] = {}

    @property
    def access_token(self) -> str:
        """The token as it is; empty when logged out."""
        return self._tokens.access if self._tokens else ""

    def is_open(self) -> bool:
        """Return whether requests can be made; logs in, or renews the token, when that is due."""
        if self._tokens is None:
            return self.log_in()
        return time.monotonic() < self._renew_at or self.refresh() or self.log_in()

    def log_in(self) -> bool:
        """Log in with email and password; False when that failed."""
        password = self._password or self._user.process.settings.user_password.get_secret_value()
        return self._take(self._user.call(LOGIN, checks.tokens, body={"email": self.email, "password": password}))

    def refresh(self) -> bool:
        """Exchanges the refresh token for new ones; False when that failed, which ends the session."""
        if self._tokens is None:
            return False
        body = {"refresh_token": self._tokens.refresh}
        return self._take(self._user.call(REFRESH, checks.tokens, body=body))

    def log_out(self) -> bool:
        """Revoke the refresh token; False when that failed. The session is over in any case."""
        if self._tokens is None:
            return False
        body, headers = {"refresh_token": self._tokens.refresh}, self.headers
        self.drop()
        return self._user.call(LOGOUT, checks.nothing, body=body, headers=headers) is not None

    def drop(self) -> None:
        """Forget the tokens: the next request logs in again."""
        self._tokens, self.headers = None, {}

    def _take(self, tokens: checks.Tokens | None) -> bool:
        if tokens is None:
            self.drop()
            return False
        self._tokens = tokens
        self._renew_at = time.monotonic() + tokens.lifetime_seconds * RENEW_AT_SHARE
        self.headers = {"Authorization": f"Bearer {tokens.access}"}
        return True
