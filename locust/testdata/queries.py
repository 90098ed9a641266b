"""Questions in three levels and conversations, with a spread in which few are asked often and many seldom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Literal, TypeVar, get_args

from testdata.topics import TOPICS

T = TypeVar("T")

Level = Literal["simple", "moderate", "complex"]
LEVELS: tuple[Level, ...] = get_args(Level)

SIMPLE = (
    "What is hypertension?",
    "How is asthma treated?",
    "What are the signs of dehydration?",
    "Which dose of metformin do people start with?",
    "When should I see somebody about a headache?",
)
MODERATE = (
    "How do I tell pneumonia from an ordinary cough with fever?",
    "Which examinations are due every year in type 2 diabetes?",
    "What should be checked before somebody starts apixaban for atrial fibrillation?",
    "Why do ankles swell in heart failure, and what helps against it?",
    "Can levothyroxine be taken together with iron tablets for anemia?",
)
COMPLEX = (
    "Somebody of 72 with atrial fibrillation and chronic kidney disease: how is anticoagulation chosen and monitored?",
    "Short of breath with COPD and heart failure, and a fever: what speaks for pneumonia, and what for fluid?",
    "Compare ramipril and amlodipine for hypertension in type 2 diabetes, with the side effects that make people stop.",
    "Epilepsy and the wish to become pregnant: what is known about levetiracetam, and what is arranged beforehand?",
    "Confusion and low blood pressure after a urinary tract infection: how is sepsis recognised, and what cannot wait?",
)


@dataclass(frozen=True)
class Conversation:
    """Questions that one person asks in turn; each after the first one builds on the answer before."""

    name: str
    turns: tuple[str, ...]


CONVERSATIONS = (
    Conversation(
        "new diagnosis",
        (
            "I was told that I have type 2 diabetes. What does it mean?",
            "Which medicine is usually given first?",
            "What does metformin do to the stomach?",
            "How often should HbA1c be measured?",
        ),
    ),
    Conversation(
        "chest pain at the desk",
        (
            "A man of 58 has chest pain on effort. What could it be?",
            "Which questions tell angina from back pain?",
            "Is a stress test the next step?",
            "When does it become an emergency?",
        ),
    ),
    Conversation(
        "changing a medicine",
        (
            "Ramipril gives my patient a cough. Why?",
            "What can replace it in hypertension?",
            "Does amlodipine need laboratory checks?",
        ),
    ),
)

_FORMS: dict[Level, tuple[str, ...]] = {
    "simple": (
        "What is {name}?",
        "What are the signs of {name}?",
        "How is {name} treated?",
        "What is {treatment} for?",
    ),
    "moderate": (
        "When is {examination} useful in {name}?",
        "I have {sign}: does that speak for {name}?",
        "What should I know before I start {treatment} for {name}?",
    ),
    "complex": (
        "With {name} and {other_name}, on {treatment} and {other_treatment}: how often is {examination} needed?",
        "How is {name} told from {other_name} when the first sign is {sign}, and which examination decides?",
    ),
}
_FIXED: dict[Level, tuple[str, ...]] = {"simple": SIMPLE, "moderate": MODERATE, "complex": COMPLEX}


@cache
def queries(level: Level) -> tuple[str, ...]:
    """Return all questions of a level, the five fixed ones first, none twice."""
    made = []
    for form in _FORMS[level]:
        for index, topic in enumerate(TOPICS):
            other = TOPICS[(index + 7) % len(TOPICS)]
            made.append(form.format(**vars(topic), other_name=other.name, other_treatment=other.treatment))
    return tuple(dict.fromkeys((*_FIXED[level], *made)))


def pick_query(level: Level, rng: Random) -> str:
    """Return a question, popular ones more often: the k-th is asked 1/k as often as the first (Zipf's law)."""
    return pick_popular(queries(level), rng)


def pick_popular(items: Sequence[T], rng: Random) -> T:
    """Return one of ``items``, of which the k-th is 1/k as likely as the first."""
    return rng.choices(items, cum_weights=_cumulative_weights(len(items)))[0]


@cache
def _cumulative_weights(count: int) -> tuple[float, ...]:
    total, weights = 0.0, []
    for rank in range(1, count + 1):
        total += 1 / rank
        weights.append(total)
    return tuple(weights)
