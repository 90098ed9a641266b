"""Which certificate authorities the commands trust: those that are named for the target, else those of the machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from swarmscope.errors import CommandError
from swarmscope.project.env_file import settings
from swarmscope.project.places import PROJECT_FILE
from swarmscope.project.settings import project
from swarmscope_exporter.certificates import VARIABLE, environment_bundle, problem_with_bundle


def named_bundles() -> Iterator[tuple[str, Path]]:
    """Yield the bundles that are named for the target, with what names each; the first one wins."""
    of_settings = settings().get(VARIABLE)
    if of_settings:
        yield VARIABLE, Path(of_settings)
    of_project = project().tested.ca_bundle
    if of_project is not None:
        yield f"target.ca_bundle of {PROJECT_FILE}:", of_project


def require_bundle(source: str, bundle: Path) -> None:
    """Raise CommandError for a bundle that cannot be used; ``source`` is what names it."""
    if problem := problem_with_bundle(str(bundle)):
        raise CommandError(
            f"{source} {bundle} cannot be used: {problem}; expected a PEM file with the certificate of an authority"
        )


def bundle_of_machine() -> str:
    """Return the bundle that the environment has for all programs, or an empty text; raise CommandError."""
    variable, bundle = environment_bundle(os.environ)
    if bundle and (problem := problem_with_bundle(bundle)):
        raise CommandError(f"{variable}={bundle} cannot be used: {problem}; fix or unset it, or give --ca-bundle")
    return bundle


def trusted(url: str) -> bool | str:
    """Return by what a command verifies the certificate of a URL: a bundle, or the public authorities."""
    if not url.lower().startswith("https://"):
        return True
    for source, bundle in named_bundles():
        require_bundle(source, bundle)
        return str(bundle)
    return bundle_of_machine() or True
