"""The comment on a pull request: one for each key, renewed, and a refusal in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarmscope.errors import CommandError
from swarmscope.pull_request import MAX_LENGTH, comment, thread_of
from tests.ci.forge import Forge


@pytest.fixture
def forge() -> Iterator[Forge]:
    with Forge() as played:
        yield played


@pytest.fixture
def github(forge: Forge) -> dict[str, str]:
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": forge.url,
        "GITHUB_REPOSITORY": "team/shop",
        "GITHUB_REF": "refs/pull/12/merge",
        "GITHUB_TOKEN": forge.token,
    }


@pytest.fixture
def gitlab(forge: Forge) -> dict[str, str]:
    return {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": forge.url,
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "12",
        "GITLAB_TOKEN": forge.token,
    }


def put(environment: dict[str, str], key: str, text: str) -> str:
    thread = thread_of(environment)
    assert thread is not None
    return comment(thread, key, text)


def test_each_key_has_one_comment_that_is_renewed_also_behind_a_hundred_others(
    forge: Forge, github: dict[str, str]
) -> None:
    forge.comments = dict.fromkeys(range(1000, 1150), "of somebody")
    assert put(github, "smoke", "first") == f"{forge.url}/comment-1"
    put(github, "spike", "other")
    put(github, "smoke", "second")
    assert [text for text in forge.comments.values() if text != "of somebody"] == [
        "<!-- swarmscope: smoke -->\nsecond",
        "<!-- swarmscope: spike -->\nother",
    ]


def test_gitlab_has_notes_on_a_merge_request(forge: Forge, gitlab: dict[str, str]) -> None:
    put(gitlab, "smoke", "first")
    put(gitlab, "smoke", "second")
    assert forge.comments == {1: "<!-- swarmscope: smoke -->\nsecond"}
    assert [line.partition("?")[0] for line in forge.asked] == [
        "GET /projects/3/merge_requests/12/notes",
        "POST /projects/3/merge_requests/12/notes",
        "GET /projects/3/merge_requests/12/notes",
        "PUT /projects/3/merge_requests/12/notes/1",
    ]


@pytest.mark.parametrize(
    "event", [{"pull_request": {"number": 7}}, {"issue": {"number": 7, "pull_request": {"url": "x"}}}]
)
def test_the_event_names_the_pull_request(github: dict[str, str], tmp_path: Path, event: object) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(event))
    thread = thread_of({**github, "GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_PATH": str(path)})
    assert thread is not None
    assert thread.title == "pull request 7"


def test_a_job_for_no_pull_request_has_nothing_to_comment_on(github: dict[str, str], gitlab: dict[str, str]) -> None:
    assert thread_of({**github, "GITHUB_REF": "refs/heads/main"}) is None
    assert thread_of({**gitlab, "CI_MERGE_REQUEST_IID": ""}) is None


def test_what_is_missing_is_named(github: dict[str, str], gitlab: dict[str, str]) -> None:
    for environment, said in (
        ({}, "Neither GITHUB_ACTIONS nor GITLAB_CI is set"),
        ({**github, "GITHUB_TOKEN": ""}, "GITHUB_TOKEN is not set: give the step"),
        ({**gitlab, "GITLAB_TOKEN": ""}, "GITLAB_TOKEN is not set: make a project access token"),
    ):
        with pytest.raises(CommandError, match=said):
            thread_of(environment)


def test_a_refusal_says_what_the_token_needs_and_a_short_failure_is_tried_again(
    forge: Forge, github: dict[str, str]
) -> None:
    forge.failures = 2
    put(github, "smoke", "text")
    forge.status = 403
    with pytest.raises(CommandError, match="status 403: give the job `permissions: pull-requests: write`"):
        put(github, "smoke", "text")
    forge.status = 500
    with pytest.raises(CommandError, match="answers with status 500"):
        put(github, "smoke", "text")


def test_a_text_that_is_too_long_is_shortened(forge: Forge, github: dict[str, str]) -> None:
    put(github, "smoke", "x" * 2 * MAX_LENGTH)
    assert len(forge.comments[1]) < 65_536
    assert forge.comments[1].endswith("shortened: verdict.md has all of it.")
