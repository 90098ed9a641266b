"""Which user classes of a scenario take part, after the command line has named classes and tags."""

from __future__ import annotations

from collections.abc import Collection, Mapping

#: Tags of each task of each user class, by the name of the class.
TaskTags = Mapping[str, Collection[frozenset[str]]]


def select(
    mix: Mapping[str, float],
    available: Mapping[str, float],
    task_tags: TaskTags,
    *,
    picked: Collection[str] = (),
    tags: Collection[str] = (),
    exclude_tags: Collection[str] = (),
) -> dict[str, float]:
    """Name and weights of the user classes to start.

    ``available`` has the weights of their own of all classes that there are. Classes that were ``picked`` by name take
    the place of the mix; without a mix all take part. Classes left without a task by the tags are left out. Raises
    ValueError, one line, for unknown tags, and when no class is left.
    """
    weights = {name: mix.get(name, available[name]) for name in picked} if picked else dict(mix or available)
    missing = sorted(set(weights) - set(available))
    if missing:
        raise ValueError(f"no user class {', '.join(missing)}: there are {', '.join(sorted(available))}")
    known = {tag for task_sets in task_tags.values() for task in task_sets for tag in task}
    unknown = sorted({*tags, *exclude_tags} - known)
    if unknown:
        raise ValueError(f"unknown tag {', '.join(unknown)}: there are {', '.join(sorted(known))}")
    selected = {
        name: weight
        for name, weight in weights.items()
        if any(_takes_part(task, tags, exclude_tags) for task in task_tags[name])
    }
    if not selected:
        raise ValueError(f"the tags leave no task to any of {', '.join(weights)}: choose other tags or user classes")
    return selected


def _takes_part(task: frozenset[str], tags: Collection[str], exclude_tags: Collection[str]) -> bool:
    return (not tags or not task.isdisjoint(tags)) and task.isdisjoint(exclude_tags)
