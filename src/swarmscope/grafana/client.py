"""Writes annotations and dashboards into Grafana: the one place that knows grafana-api-client and its traps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from grafana_api_client import GrafanaClient, GrafanaClientError, GrafanaServerError, GrafanaUnauthorizedError

from swarmscope.network import in_words

ADMIN_USER = "admin"
PASSWORD_SETTING = "GRAFANA_ADMIN_PASSWORD"  # noqa: S105 - the name of it
TIMEOUT_SECONDS = 2.0
_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_REASON_LENGTH = 120
_MAX_FOLDERS = 1000
_NOT_GRAFANA = "what answers there is not Grafana"


class GrafanaUnavailableError(Exception):
    """Grafana did not take what it was given; the text says why, in words that fit into a warning."""


class GrafanaLoginError(GrafanaUnavailableError):
    """It does not know us. After some more tries it would lock the user out, a person with the right password too."""


class GrafanaMissingError(GrafanaUnavailableError):
    """It has nothing of that name."""


class GrafanaForbiddenError(GrafanaUnavailableError):
    """It knows us, and does not let us do that."""


@dataclass(frozen=True)
class GrafanaAccess:
    """Where Grafana is, and who asks: a token, or a name with its password."""

    url: str
    authentication: str | tuple[str, str] = field(repr=False)


@dataclass(frozen=True)
class Annotation:
    """A moment, in seconds since the epoch; its text is HTML."""

    text: str
    tags: tuple[str, ...]
    seconds: float


def access_to(url: str, settings: Mapping[str, str]) -> GrafanaAccess:
    """GRAFANA_TOKEN for the Grafana of GRAFANA_URL; for another one, or without a token, the admin of the stack's own.

    Raise GrafanaUnavailableError when there is nothing to log in with: the admin's password leaves no machine.
    """
    token = settings.get("GRAFANA_TOKEN", "")
    if token and url == settings.get("GRAFANA_URL", "").rstrip("/"):
        return GrafanaAccess(url, token)
    password = settings.get(PASSWORD_SETTING, "")
    if password and urlsplit(url).hostname in _LOOPBACK_HOSTS:
        return GrafanaAccess(url, (ADMIN_USER, password))
    raise GrafanaUnavailableError("set GRAFANA_TOKEN to the token of a service account that may write annotations")


def access_to_named(url: str, settings: Mapping[str, str]) -> GrafanaAccess:
    """Return the access to a Grafana that a person names: a token, a name with its password, or the admin of our own.

    GRAFANA_TOKEN, or GRAFANA_USER and GRAFANA_PASSWORD, are for the Grafana of GRAFANA_URL where that is set. Raise
    GrafanaUnavailableError when there is nothing to log in with.
    """
    home = settings.get("GRAFANA_URL", "").rstrip("/")
    if home in {"", url}:
        token, user, password = (settings.get(f"GRAFANA_{name}", "") for name in ("TOKEN", "USER", "PASSWORD"))
        if token:
            return GrafanaAccess(url, token)
        if user and password:
            return GrafanaAccess(url, (user, password))
    with suppress(GrafanaUnavailableError):
        return access_to(url, settings)
    wanted = "set GRAFANA_TOKEN to the token of a service account with the role Editor or Admin"
    if home not in {"", url}:
        wanted += f"; the one that is set is for GRAFANA_URL, {home}"
    raise GrafanaUnavailableError(wanted)


class GrafanaApi:
    """A Grafana that annotations and dashboards are written into."""

    def __init__(self, access: GrafanaAccess, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        parts = urlsplit(access.url)
        self._client = GrafanaClient(
            access.authentication,
            host=parts.netloc.rpartition("@")[2],  # with its port: the client would lose an IPv6 address' brackets
            url_path_prefix=parts.path.strip("/"),
            protocol=parts.scheme,
        )
        # The client has no time-out of its own, and would take a login page that it is led to for an answer.
        self._client.custom_requests_params = {"timeout": timeout_seconds, "allow_redirects": False}
        self._client.session.trust_env = False  # no proxy, and no password of a .netrc instead of the one given
        self._client.session.hooks["response"].append(_no_redirect)

    def annotate(self, annotation: Annotation) -> None:
        """Raise GrafanaUnavailableError when Grafana is away, refuses, or answer what no Grafana does."""
        payload: dict[str, Any] = {
            "time": round(annotation.seconds * 1000),
            "tags": list(annotation.tags),
            "text": annotation.text,
        }
        answer = self._ask(lambda: self._client.annotations.create(**payload))  # .post() would be a GET
        if answer is not None and not (isinstance(answer, dict) and "id" in answer):
            raise GrafanaUnavailableError(_NOT_GRAFANA)

    def datasources(self) -> tuple[dict[str, Any], ...]:
        """Return all datasources, as Grafana describes them; an account with the role Editor may not ask for them."""
        return self._rows(self._ask(self._client.datasources.get))

    def add_datasource(self, datasource: Mapping[str, Any]) -> None:
        self._ask(lambda: self._client.datasources.create(**datasource))

    def folders(self) -> tuple[dict[str, Any], ...]:
        """Return the folders that we may see."""
        return self._rows(self._ask(lambda: self._client.folders.get(limit=_MAX_FOLDERS)))

    def add_folder(self, uid: str, title: str) -> None:
        self._ask(lambda: self._client.folders.create(uid=uid, title=title))

    def dashboard(self, uid: str) -> dict[str, Any]:
        """Return the ``dashboard`` with that uid, and its ``meta``; raise GrafanaMissingError when it is not there."""
        answer = self._ask(self._client.dashboards.uid[uid].get)
        if not isinstance(answer, dict) or not isinstance(answer.get("dashboard"), dict):
            raise GrafanaUnavailableError(_NOT_GRAFANA)
        return answer

    def save_dashboard(self, dashboard: Mapping[str, Any], folder_uid: str) -> None:
        """Make a dashboard, or replace the one with its uid."""
        self._ask(
            lambda: self._client.dashboards.db.create(
                dashboard=dashboard, folderUid=folder_uid, overwrite=True, message="Uploaded by swarmscope dashboards"
            )
        )

    def _rows(self, answer: object) -> tuple[dict[str, Any], ...]:
        if not isinstance(answer, list) or not all(isinstance(row, dict) and "uid" in row for row in answer):
            raise GrafanaUnavailableError(_NOT_GRAFANA)
        return tuple(answer)

    def _ask(self, request: Callable[[], object]) -> object:
        """Return the answer as it was read; None when it was empty, which is a success as well."""
        try:
            return request()
        except GrafanaUnauthorizedError as error:
            raise GrafanaLoginError("it refuses our token or password") from error
        except (GrafanaClientError, GrafanaServerError) as error:
            raise _refusal(str(error)) from error
        except requests.exceptions.JSONDecodeError as error:
            if error.doc:
                raise GrafanaUnavailableError(_NOT_GRAFANA) from error
            return None
        except requests.RequestException as error:
            raise GrafanaUnavailableError(in_words(error)) from error
        except (KeyError, TypeError) as error:  # the client quotes an answer to a 412 that it has not looked at
            raise GrafanaUnavailableError(_NOT_GRAFANA) from error


def _refusal(text: str) -> GrafanaUnavailableError:
    kinds = {"Client Error 403": GrafanaForbiddenError, "Client Error 404": GrafanaMissingError}
    return kinds.get(text.partition(":")[0], GrafanaUnavailableError)(_shortened(text))


def _no_redirect(response: requests.Response, **_: object) -> None:
    if response.is_redirect:
        raise GrafanaUnavailableError("it leads elsewhere: give the address that it is served at")


def _shortened(text: str) -> str:
    line = " ".join(text.partition("<")[0].split()).rstrip(":")  # without the page of a proxy, which says no more
    return line if len(line) <= _REASON_LENGTH else f"{line[:_REASON_LENGTH]}…"
