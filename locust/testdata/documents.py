"""Documents for the knowledge base, of three sizes, each text different from any other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random
from types import MappingProxyType
from typing import Literal

from testdata.topics import TOPICS, Topic

Size = Literal["small", "medium", "large"]

#: Length of a document's content in bytes (ASCII, so in characters too).
SIZE_BYTES: MappingProxyType[Size, int] = MappingProxyType({"small": 4_096, "medium": 40_960, "large": 409_600})

_SENTENCES = (
    "{name} is often noticed by {sign}, and just as often by chance.",
    "In this practice {examination} is done before {treatment} is started, and again after three months.",
    "About {percent} in a hundred people with {name} report {sign} at their first visit.",
    "{treatment} was continued in {count} of the visits that were reviewed.",
    "When {examination} gives no clear result, it is repeated after {days} days.",
    "Nurses ask about {sign} by telephone {days} days after a change of {treatment}.",
    "The local guideline on {name} was last revised when {count} records had been read.",
    "Doubts about {treatment} belong in the notes, with the date and the dose.",
    "A second opinion on {name} was asked for in {percent} of a hundred cases.",
)
_BANK_PARAGRAPHS = 256


@dataclass(frozen=True)
class Document:
    """A document as it is uploaded."""

    title: str
    content: str
    tags: tuple[str, ...]
    size: Size


def make_document(size: Size, key: str) -> Document:
    """Return a document of a size; the same ``key`` makes the same text, another key another one.

    Paragraphs come from a fixed bank, since writing 400 KB anew would stop the users beside this one for too long.
    """
    rng = Random(f"{size}/{key}")  # noqa: S311  # reproducible text, no secret
    topic = rng.choice(TOPICS)
    heading = f"Review {key} on {topic.name}: {topic.sign}, {topic.examination}, {topic.treatment}."
    parts, length, wanted = [heading], len(heading), SIZE_BYTES[size]
    bank = _paragraphs()
    while length < wanted:
        paragraph = f"Section {len(parts)} of {key}. {rng.choice(bank)}"
        parts.append(paragraph)
        length += len(paragraph) + 2
    return Document(
        title=f"Review of {topic.name} ({key})",
        content="\n\n".join(parts)[:wanted],
        tags=(topic.name.replace(" ", "-").lower(), size),
        size=size,
    )


@cache
def _paragraphs() -> tuple[str, ...]:
    rng = Random("paragraphs")  # noqa: S311
    return tuple(_paragraph(TOPICS[number % len(TOPICS)], rng) for number in range(_BANK_PARAGRAPHS))


def _paragraph(topic: Topic, rng: Random) -> str:
    figures = {"percent": rng.randint(3, 97), "count": rng.randint(20, 900), "days": rng.randint(2, 40)}
    sentences = (sentence.format(**vars(topic), **figures) for sentence in rng.sample(_SENTENCES, 5))
    return " ".join(sentence[0].upper() + sentence[1:] for sentence in sentences)
