"""Under which names the requests of a run are published: as many as Prometheus can bear, whatever users request.

Names are published as they are until there are ``max_names``. Those seen later are folded into their templates
(`template_of`), and only when there are more than ``max_names`` templates as well, into ``(overflow)``.

A name keeps what it was first published under for the whole run. No request is ever moved from one series to another,
so counters never go backwards and the sums of all hops agree. The price is that the requests of one endpoint lie in
several series; `NameBook.shared_templates` says which, and the rules judge them together from the first request on.

Each worker folds for itself, and the master folds the union of what they publish. A template is its own template, so
folding twice changes nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from swarmscope_exporter.endpoints import OVERFLOW_NAME
from swarmscope_exporter.name_templates import NamePatterns, template_of

MAX_NAMES = 200
#: With as many templates on top, a scrape has 200,000 lines, and holds the master for half a second.
HIGHEST_MAX_NAMES = 1000
#: Templates of which folded names are shown, and how many of each.
MAX_TEMPLATES_SHOWN, MAX_NAMES_SHOWN = 10, 3


@dataclass(frozen=True)
class Naming:
    """How many names are published as they are, and the user's patterns for names with ids in them."""

    max_names: int = MAX_NAMES
    patterns: tuple[str, ...] = ()


DEFAULT_NAMING = Naming()


def problem_with_max_names(max_names: int) -> str | None:
    """Return what is wrong with the number of names, in words; None for a valid one."""
    valid = 1 <= max_names <= HIGHEST_MAX_NAMES
    return None if valid else f"expected a whole number from 1 to {HIGHEST_MAX_NAMES}"


class NameBook:
    """The names of one run in one process; its size is bounded by twice ``max_names`` and the patterns."""

    def __init__(self, naming: Naming = DEFAULT_NAMING) -> None:
        self._max_names = naming.max_names
        self._patterns = NamePatterns(naming.patterns)
        self._template_of: dict[str, str] = {}  # of each published name
        self._templates: set[str] = set()
        #: By template, the first names that were folded into it.
        self.folded: dict[str, list[str]] = {}

    def published(self, name: str) -> str:
        """Return what a name is published under: itself, a pattern, its template, or ``(overflow)``."""
        if name in self._template_of or name == OVERFLOW_NAME:
            return name
        pattern = self._patterns.find(name)
        if pattern is not None:
            self._template_of[pattern] = pattern
            return pattern
        template = template_of(name)
        if template not in self._templates and len(self._templates) >= self._max_names:
            return OVERFLOW_NAME
        self._templates.add(template)
        if len(self._template_of) < self._max_names or name == template:
            self._template_of[name] = template
            return name
        self._template_of[template] = template
        self.show_folded(template, name)
        return template

    def __contains__(self, name: object) -> bool:
        return name in self._template_of

    def show_folded(self, template: str, *names: str) -> None:
        """Keep names as examples of those that were folded, unless there are enough."""
        if template not in self.folded and len(self.folded) >= MAX_TEMPLATES_SHOWN:
            return
        shown = self.folded.setdefault(template, [])
        for name in names:
            if name not in shown and len(shown) < MAX_NAMES_SHOWN:
                shown.append(name)

    def shared_templates(self) -> dict[str, str]:
        """Return the template of each published name that is not its own template and that has others beside it."""
        sharing = Counter(self._template_of.values())
        return {
            name: template for name, template in self._template_of.items() if name != template and sharing[template] > 1
        }
