"""Every setting of the API, read from API_* environment variables and checked before anything is opened."""

from typing import Annotated

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PerMinute = Annotated[int, Field(ge=1, le=1_000_000)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class SettingsError(ValueError):
    """A setting is missing or wrong; the message is one line that says which, why, and what to do."""


class Settings(BaseSettings):
    """Settings of one API process. Names are the environment variables without their API_ prefix, in lower case."""

    model_config = SettingsConfigDict(env_prefix="API_", extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)  # 0 picks a free port and prints it

    database_url: SecretStr = Field(min_length=1)
    redis_url: SecretStr = Field(min_length=1)
    jwt_secret: SecretStr = Field(min_length=32)
    test_user_password: SecretStr = Field(min_length=8, max_length=128)

    db_pool_min: int = Field(default=4, ge=0, le=500)
    db_pool_max: int = Field(default=16, ge=1, le=500)
    database_timeout_seconds: Seconds = 2.0
    redis_timeout_seconds: Seconds = 2.0
    startup_timeout_seconds: Seconds = 30.0
    shutdown_timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 5

    access_token_seconds: Annotated[int, Field(ge=1, le=86_400)] = 900
    refresh_token_seconds: Annotated[int, Field(ge=1, le=2_592_000)] = 86_400

    # One Argon2 hash at these costs takes about 1 ms, so a ramp of 200 logins a second fits on a core it shares with
    # the database. That is a choice for load tests: raise both (OWASP: 19456 KiB, 2 passes) where accounts are real.
    password_hash_time_cost: Annotated[int, Field(ge=1, le=100)] = 1
    password_hash_memory_kib: Annotated[int, Field(ge=8, le=4_194_304)] = 1024
    password_hash_parallelism: Annotated[int, Field(ge=1, le=64)] = 1

    login_rate_per_minute: PerMinute = 60  # per account
    register_rate_per_minute: PerMinute = 600  # per client address
    chat_rate_per_minute: PerMinute = 600  # per user
    max_body_bytes: Annotated[int, Field(ge=1024, le=1_073_741_824)] = 2_097_152

    chat_cache_seconds: Annotated[int, Field(ge=1, le=86_400)] = 300
    dashboard_cache_seconds: Annotated[int, Field(ge=1, le=86_400)] = 15
    analytics_cache_seconds: Annotated[int, Field(ge=1, le=86_400)] = 30
    list_cache_seconds: Annotated[int, Field(ge=1, le=86_400)] = 30
    list_staleness_seconds: Seconds = 1.0  # how long others may still see a list from before a write

    test_users: int = Field(default=1000, ge=0, le=1_000_000)
    seed_documents: int = Field(default=280, ge=0, le=100_000)  # every aspect of every condition
    seed_leads: int = Field(default=100, ge=0, le=1_000_000)
    seed_customers: int = Field(default=50, ge=0, le=1_000_000)
    seed_projects: int = Field(default=75, ge=0, le=1_000_000)

    log_level: Annotated[str, Field(pattern="^(debug|info|warning|error)$")] = "info"
    access_log: bool = False


def load_settings() -> Settings:
    """Read the environment. Raise SettingsError, one line, naming every variable that is wrong."""
    try:
        return Settings()  # type: ignore[call-arg]  # the required ones come from the environment
    except ValidationError as error:
        problems = "; ".join(_problem(str(item["loc"][0]), item["type"], item["msg"]) for item in error.errors())
        raise SettingsError(
            f"settings: {problems}. Set them in the environment or in .env, then start again."
        ) from None


def _problem(field: str, kind: str, message: str) -> str:
    """Return one wrong variable; never its value, which may be a secret."""
    variable = f"API_{field.upper()}"
    return f"{variable} is missing" if kind == "missing" else f"{variable}: {message[0].lower()}{message[1:]}"
