"""A client of the Locust master's web interface: the same for a native, a Docker and a remote master."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import requests

from swarmscope.errors import CommandError
from swarmscope.network import in_words
from swarmscope.verdict.user_facts import Told
from swarmscope_exporter.phases import StopOrder

T = TypeVar("T")

_CONNECT_TIMEOUT_SECONDS = 3.0
#: A start waits until the run before it is judged, and may take 15 s.
_TIMEOUT_SECONDS = (_CONNECT_TIMEOUT_SECONDS, 20.0)
#: A stop answers when the users are gone, which may take the stop timeout.
_STOP_TIMEOUT_SECONDS = 120.0
_REPORTS = {
    "locust-report.html": "/stats/report?download=1",
    "locust-requests.csv": "/stats/requests/csv",
    "locust-failures.csv": "/stats/failures/csv",
    "locust-exceptions.csv": "/exceptions/csv",
}


#: States of Locust's runner in which a new request would change the run under way.
BUSY_STATES = frozenset({"spawning", "running", "cleanup", "stopping"})


class LocustUnavailableError(Exception):
    """The Locust master did not answer."""


@dataclass(frozen=True)
class RunStatus:
    """What the master says of the run; ``run_id`` is empty before the first run of that master."""

    run_id: str
    phase: str
    users: int
    workers: int
    start_seconds: float | None
    end_seconds: float | None
    planned_seconds: float
    locust_requests: int
    exporter_requests: int
    ended_because: str = ""  #: why the users gave the run up, in one line
    refused: str = ""  #: why no run was made of the last request for one, in one line
    state: str = ""  #: of Locust's runner
    scenario: str = ""
    told: Told = field(default_factory=Told)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> RunStatus:
        return cls(
            run_id=document.get("run_id") or "",
            phase=str(document.get("phase", "")),
            users=int(document["users"]),
            workers=int(document["workers"]),
            start_seconds=document.get("start_timestamp_seconds"),
            end_seconds=document.get("end_timestamp_seconds"),
            planned_seconds=float(document.get("planned_seconds") or 0),
            locust_requests=int(document["locust_requests"]),
            exporter_requests=int(document.get("exporter_requests", 0)),
            ended_because=str(document.get("ended_because") or ""),
            refused=str(document.get("refused") or ""),
            state=str(document.get("state", "")),
            scenario=str(document.get("scenario") or ""),
            told=Told.of(document),
        )


class LocustApi:
    """All methods raise LocustUnavailableError when the master does not answer."""

    def __init__(self, url: str, pid: int | None = None) -> None:
        """``pid`` is that of the master: where another answers, two runs have chosen the same port."""
        self.url = url.rstrip("/")
        self._pid = pid
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the machine must not come between two processes on it

    def status(self) -> RunStatus:
        """Raise CommandError when the locustfile does not publish a run."""
        return self._read("GET", "/loadtest/run", RunStatus.of)

    def runs_to_judge(self) -> tuple[RunStatus, ...]:
        """Return the runs of the web form that have no verdict yet, oldest first; the master now has a judge.

        Users, workers and Locust's own count are those of now. Raise CommandError as `status` does.
        """
        return self._read("POST", "/loadtest/judge", _runs_of)

    def record_verdict(self, run_id: str, outcome: str, reasons: Sequence[str], results: str) -> None:
        """Tell the master, whose page shows it, what was found of a run."""
        form = {"run_id": run_id, "outcome": outcome, "reason": list(reasons), "results": results}
        self._read("POST", "/loadtest/judge", _runs_of, form)

    def _read(
        self, method: str, path: str, parse: Callable[[Mapping[str, Any]], T], form: Mapping[str, Any] | None = None
    ) -> T:
        """Ask what only the master of an observed locustfile answers, and check that it is the right one."""
        response = self._request(method, path, form)
        if response.status_code == 404:
            raise CommandError(
                f"The Locust master at {self.url} publishes no metrics: add"
                " `from swarmscope import observe` and `observe()` to its locustfile"
            )
        if response.status_code == 403:
            raise CommandError(f"The Locust master at {self.url} refuses: {response.text.strip()}")
        try:
            document = response.json()
            parsed, pid = parse(document), document.get("pid")
        except (ValueError, KeyError, TypeError) as error:
            raise LocustUnavailableError(
                f"What answers at {self.url} is not a Locust master that is observed"
            ) from error
        if self._pid is not None and pid != self._pid:
            raise LocustUnavailableError(f"Another Locust than the one of this run answers at {self.url}")
        return parsed

    def swarm(self, form: Mapping[str, str]) -> None:
        """Start a run; raise CommandError with the master's words when it refuses."""
        answer = _json(self._request("POST", "/swarm", data=form))
        if not answer.get("success"):
            raise CommandError(f"Locust refused to start the run: {answer.get('message', 'no reason given')}")

    def stop(self, timeout_seconds: float = _STOP_TIMEOUT_SECONDS, *, order: StopOrder = StopOrder.STOP) -> None:
        """Tell the users to stop, and wait until they are gone; ``order`` says if the run is given up, or decided."""
        form = None if order is StopOrder.STOP else {order.value: "true"}
        self._request("POST", "/stop", form, timeout_seconds=(_CONNECT_TIMEOUT_SECONDS, timeout_seconds))

    def reports(self) -> dict[str, bytes]:
        """Locust's own HTML and CSV reports of the last run, by file name; those that cannot be had are left out."""
        found: dict[str, bytes] = {}
        for name, path in _REPORTS.items():
            response = self._request("GET", path)
            if response.ok:
                found[name] = response.content
        return found

    def _request(
        self,
        method: str,
        path: str,
        data: Mapping[str, Any] | None = None,
        timeout_seconds: tuple[float, float] = _TIMEOUT_SECONDS,
    ) -> requests.Response:
        try:
            return self._session.request(method, f"{self.url}{path}", data=data, timeout=timeout_seconds)
        except requests.RequestException as error:
            raise LocustUnavailableError(
                f"The Locust master at {self.url} does not answer ({in_words(error)})"
            ) from error


def _runs_of(document: Mapping[str, Any]) -> tuple[RunStatus, ...]:
    return tuple(RunStatus.of(run) for run in document["runs"])


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError as error:
        raise LocustUnavailableError(
            f"The Locust master at {response.url} answered status {response.status_code} and no JSON"
        ) from error
