"""What can go wrong in a request, as exceptions that say it in the API's own words."""

from typing import Literal

Component = Literal["database", "cache"]


class ServiceUnavailableError(Exception):
    """The database or the cache did not answer in time; becomes a 503 and is worth a retry."""

    def __init__(self, component: Component) -> None:
        super().__init__(f"the {component} is unavailable, try again shortly")
        self.component: Component = component


class RateLimitedError(Exception):
    """More requests in this minute than the limit allows; becomes a 429 with Retry-After."""

    def __init__(self, limit_per_minute: int, retry_after_seconds: int) -> None:
        super().__init__(f"more than {limit_per_minute} requests a minute, try again in {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class ConversationNotFoundError(Exception):
    """The conversation belongs to somebody else; becomes a 404, which does not tell that it exists."""

    def __init__(self, conversation_id: str) -> None:
        super().__init__(f"no conversation {conversation_id}")


class StartupError(RuntimeError):
    """The API cannot start; the message is one line that says what to mend."""
