"""The .env file: made from .env.example with random secrets at the first start, completed when new keys appear.

``python -m swarmscope.project.env_file`` makes sure that it is there, and says what it did, never a value.
"""

import os
import secrets
import sys
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

from dotenv import dotenv_values

from swarmscope.errors import CommandError, ExitCode, StackError
from swarmscope.project.places import PROJECT, STATE_DIR, keep_out_of_version_control
from swarmscope_exporter.proxies import ProxySettingError, proxies_wanted

EXAMPLE_FILE = PROJECT / ".env.example"
ENV_FILE = PROJECT / ".env"
#: Secrets that we made in a project which has no .env.example.
MADE_FILE = STATE_DIR / "secrets.env"
SECRET_BYTES = 24
CALLER = "<caller>"
OWNER_ONLY = 0o600
#: What opens the API, its database and Grafana. The password of the test users is not among them: users log in with it.
SECRETS = frozenset(
    {
        "API_JWT_SECRET",
        "API_DATABASE_URL",
        "API_REDIS_URL",
        "POSTGRES_PASSWORD",
        "PGPASSWORD",
        "GRAFANA_ADMIN_PASSWORD",
        "GRAFANA_TOKEN",
        "GRAFANA_PASSWORD",
    }
)


def ensure_env_file(example: Path = EXAMPLE_FILE, target: Path = ENV_FILE) -> list[str]:
    """Create or completes ``target``, readable by its owner only; return the keys that got a value.

    A key without a value in the example is a secret: it gets a random one where ``target`` has none. All values that
    are there are kept. Raise StackError when the example is missing.
    """
    if not example.is_file():
        raise StackError(f"{example} is missing: it lists the settings that {target.name} is made from; restore it")
    wanted = {key: value.replace(CALLER, _caller()) for key, value in read_env_file(example).items()}
    secret_keys = {key for key, value in wanted.items() if not value}
    if not target.exists() and _create(target, fill_secrets(_without_caller(example.read_text()), secret_keys)):
        return list(wanted)
    before = read_env_file(target)
    added = [key for key, value in wanted.items() if key not in before or (not value and not before[key])]
    if added:
        new_lines = "".join(f"{key}={wanted[key]}\n" for key in wanted if key not in before)
        _replace(target, fill_secrets(f"{target.read_text().rstrip()}\n{new_lines}", secret_keys))
    target.chmod(OWNER_ONLY)
    return added


def _caller() -> str:
    """user:group of this process by number; those of our images where there are no such numbers."""
    return f"{os.getuid()}:{os.getgid()}" if hasattr(os, "getuid") else "10001:10001"


def _without_caller(text: str) -> str:
    return text.replace(f"={CALLER}\n", f"={_caller()}\n")


def read_env_file(path: Path) -> dict[str, str]:
    """Return the settings of a dotenv file, a missing value as the empty text; an absent file holds none."""
    return {key: value or "" for key, value in dotenv_values(path, interpolate=False).items()}


def settings(target: Path = ENV_FILE, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what the .env file and the environment say together; the environment wins."""
    return read_env_file(MADE_FILE) | read_env_file(target) | dict(os.environ if environment is None else environment)


def ensure_secret(name: str, target: Path = ENV_FILE) -> str:
    """Return a secret, which is made first where there is none.

    It goes into .env where an .env.example names it, else into a file of our own: a project's .env is the project's.
    """
    if name in read_env_file(EXAMPLE_FILE):
        ensure_env_file(target=target)
    elif not settings(target).get(name):
        keep_out_of_version_control(MADE_FILE.parent)
        lines = {**read_env_file(MADE_FILE), name: new_secret()}
        _replace(MADE_FILE, "".join(f"{key}={value}\n" for key, value in lines.items()))
    return settings(target)[name]


def users_take_proxies() -> bool:
    """Return whether virtual users take the proxies of the environment; raise CommandError for a wrong setting."""
    try:
        return proxies_wanted(settings())
    except ProxySettingError as error:
        raise CommandError(str(error)) from None


def without_secrets(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a process that runs a locustfile, wherever they come from."""
    return {name: value for name, value in variables.items() if name not in SECRETS}


def new_secret() -> str:
    """Return a random text, safe in URLs and shells."""
    return secrets.token_urlsafe(SECRET_BYTES)


def fill_secrets(text: str, secret_keys: Collection[str]) -> str:
    """Return the lines of a dotenv file, those of ``secret_keys`` without a value completed by a random one."""
    return "".join(f"{_fill_secret(line, secret_keys)}\n" for line in text.splitlines())


def _fill_secret(line: str, secret_keys: Collection[str]) -> str:
    key, _, value = line.partition("=")
    is_empty = value.strip() in {"", '""', "''"}
    return f"{key}={new_secret()}" if key.strip() in secret_keys and is_empty else line


def _create(target: Path, text: str) -> bool:
    """Make the file in one step; False when another process was first, whose secrets are then the ones to use."""
    draft = _draft(target, text)
    try:
        os.link(draft, target)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def _replace(target: Path, text: str) -> None:
    _draft(target, text).replace(target)


def _draft(target: Path, text: str) -> Path:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".env-")  # mkstemp gives mode 0600
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    return Path(name)


def main() -> ExitCode:
    """Make sure of the file and say in one line what it did; return the exit code."""
    try:
        added = ensure_env_file()
    except StackError as error:
        print(error, file=sys.stderr)
        return ExitCode.COULD_NOT_RUN
    if added:
        print(f"{ENV_FILE.name}: set {', '.join(added)}")
    return ExitCode.PASS


if __name__ == "__main__":
    sys.exit(main())
