"""One comment on the pull request or merge request that a CI job is for: made by its first run, renewed by others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from swarmscope.errors import CommandError
from swarmscope.network import in_words

_TIMEOUT_SECONDS = 30.0
_PAGE, _MAX_PAGES = 100, 50
_REF = re.compile(r"refs/pull/(\d+)/")
#: GitHub takes 65,536 characters, GitLab a million.
MAX_LENGTH = 65_000


@dataclass(frozen=True)
class Thread:
    """Where the comments of a pull request are: ``one`` is the address of a single one, with its id in braces."""

    title: str
    all: str
    one: str
    update: str  #: the HTTP method
    headers: Mapping[str, str] = field(repr=False)
    right: str = ""  #: what the token has to be allowed


def thread_of(environment: Mapping[str, str]) -> Thread | None:
    """Return the pull request of the CI job, by its variables; None where it is for none.

    Raise CommandError outside of GitHub Actions and GitLab CI, and without a token.
    """
    if environment.get("GITLAB_CI"):
        return _of_gitlab(environment)
    if environment.get("GITHUB_ACTIONS"):
        return _of_github(environment)
    raise CommandError(
        "Neither GITHUB_ACTIONS nor GITLAB_CI is set: comments are made in jobs of GitHub Actions and GitLab CI"
    )


def comment(thread: Thread, key: str, text: str) -> str:
    """Put the text into the comment with that key, made where there is none; return its address, or its id.

    Raise CommandError when the server does not answer or refuses.
    """
    mark = f"<!-- swarmscope: {key} -->"
    body = f"{mark}\n{text}"
    if len(body) > MAX_LENGTH:
        body = f"{body[:MAX_LENGTH]}\n\n… shortened: verdict.md has all of it."
    with _session(thread) as session:
        known = next((each for each in _comments(session, thread) if str(each.get("body", "")).startswith(mark)), None)
        if known is None:
            made = _ask(session, thread, "POST", thread.all, {"body": body})
        else:
            made = _ask(session, thread, thread.update, thread.one.format(id=known["id"]), {"body": body})
    return str(made.get("html_url") or made.get("id", ""))


def _of_github(environment: Mapping[str, str]) -> Thread | None:
    number = _number(environment)
    if number is None:
        return None
    api = environment.get("GITHUB_API_URL") or "https://api.github.com"
    issues = f"{api}/repos/{environment.get('GITHUB_REPOSITORY', '')}/issues"
    token = environment.get("GITHUB_TOKEN", "")
    if not token:
        raise CommandError("GITHUB_TOKEN is not set: give the step `env: GITHUB_TOKEN: ${{ github.token }}`")
    return Thread(
        title=f"pull request {number}",
        all=f"{issues}/{number}/comments",
        one=f"{issues}/comments/{{id}}",
        update="PATCH",
        headers={"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"},
        right="give the job `permissions: pull-requests: write`",
    )


def _number(environment: Mapping[str, str]) -> int | None:
    """Return the number of the pull request, from the event or, where that names none, from the ref."""
    try:
        event = json.loads(Path(environment.get("GITHUB_EVENT_PATH", "")).read_text(encoding="utf-8"))
        found = event.get("pull_request") or ((event.get("issue") or {}).get("pull_request") and event["issue"])
        if found:
            return int(found["number"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    match = _REF.match(environment.get("GITHUB_REF", ""))
    return int(match[1]) if match else None


def _of_gitlab(environment: Mapping[str, str]) -> Thread | None:
    number = environment.get("CI_MERGE_REQUEST_IID", "")
    if not number:
        return None
    token = environment.get("GITLAB_TOKEN", "")
    if not token:
        raise CommandError(
            "GITLAB_TOKEN is not set: make a project access token with the scope api, and keep it as a masked variable"
            " of that name (a job's own token may not comment)"
        )
    project = f"{environment.get('CI_API_V4_URL', '')}/projects/{environment.get('CI_PROJECT_ID', '')}"
    notes = f"{project}/merge_requests/{number}/notes"
    return Thread(
        title=f"merge request {number}",
        all=notes,
        one=f"{notes}/{{id}}",
        update="PUT",
        headers={"PRIVATE-TOKEN": token},
        right="GITLAB_TOKEN needs the scope api",
    )


def _session(thread: Thread) -> requests.Session:
    session = requests.Session()
    session.headers.update(thread.headers)
    # Not of a POST: one whose answer was lost may have made the comment.
    retry = Retry(total=3, backoff_factor=0.5, status_forcelist=(429, 502, 503, 504), raise_on_status=False)
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def _comments(session: requests.Session, thread: Thread) -> Iterator[dict[str, Any]]:
    for page in range(1, _MAX_PAGES + 1):
        rows = _ask(session, thread, "GET", f"{thread.all}?per_page={_PAGE}&page={page}")
        yield from rows
        if len(rows) < _PAGE:
            return


def _ask(session: requests.Session, thread: Thread, method: str, url: str, body: object = None) -> Any:
    try:
        answer = session.request(method, url, json=body, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        raise CommandError(f"{thread.title}: {url} does not answer ({in_words(error)})") from None
    if answer.status_code in {401, 403, 404}:
        raise CommandError(f"{thread.title}: {url} refuses with status {answer.status_code}: {thread.right}")
    if not answer.ok:
        raise CommandError(f"{thread.title}: {url} answers with status {answer.status_code}")
    try:
        return answer.json()
    except requests.JSONDecodeError:
        raise CommandError(f"{thread.title}: {url} answers with no JSON") from None
