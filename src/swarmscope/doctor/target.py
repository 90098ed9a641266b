"""Checks of an API that runs already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from swarmscope.doctor.finding import Finding, fail, ok
from swarmscope.errors import CommandError
from swarmscope.network import require_target

#: A check of one's own: takes the address of the API and the settings of .env and environment.
TargetCheck = Callable[[str, Mapping[str, str]], Finding]


def check_target(
    url: str, known: Mapping[str, str], *, through_proxies: bool, more: Sequence[TargetCheck] = ()
) -> Iterator[Finding]:
    """Yield whether the API answers, and where it does what the further checks found."""
    try:
        require_target(url, through_proxies=through_proxies)
    except CommandError as error:
        yield fail("API", str(error), "start it, for example with `make up`")
        return
    yield ok("API", f"answers at {url}")
    yield from (check(url, known) for check in more)
