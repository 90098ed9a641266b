"""What can go wrong in a request, as exceptions that say it in the API's own words."""

import logging
import time
from typing import Literal

Component = Literal["database", "cache"]

_QUIET_SECONDS = 10.0
log = logging.getLogger("api")


class ServiceUnavailableError(Exception):
    """The database or the cache did not answer in time; becomes a 503 and is worth a retry."""

    def __init__(self, component: Component) -> None:
        super().__init__(f"the {component} is unavailable, try again shortly")
        self.component: Component = component


class OutageLog:
    """Says why a component is away: one line at a time, however many requests fail."""

    def __init__(self, component: Component) -> None:
        self._component: Component = component
        self._said_at = float("-inf")

    def unavailable(self, cause: BaseException) -> ServiceUnavailableError:
        """Return the error to raise for a failure with this cause."""
        now = time.monotonic()
        if now - self._said_at >= _QUIET_SECONDS:
            self._said_at = now
            log.warning("the %s is away: %s", self._component, " ".join(f"{type(cause).__name__} {cause}".split()))
        error = ServiceUnavailableError(self._component)
        error.__cause__ = cause
        return error


class RateLimitedError(Exception):
    """More requests in this minute than the limit allows; becomes a 429 with Retry-After."""

    def __init__(self, limit_per_minute: int, retry_after_seconds: int) -> None:
        super().__init__(f"more than {limit_per_minute} requests a minute, try again in {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class ConversationNotFoundError(Exception):
    """The conversation belongs to another user; becomes a 404, which does not tell that it exists."""

    def __init__(self, conversation_id: str) -> None:
        super().__init__(f"no conversation {conversation_id}")


class StartupError(RuntimeError):
    """The API cannot start; the message is one line that says what to fix."""
