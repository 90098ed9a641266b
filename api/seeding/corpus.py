"""A synthetic knowledge base: conditions times aspects, from sentences of our own. It is not medical advice."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from api.knowledge.documents import NewDocument


@dataclass(frozen=True, slots=True)
class Condition:
    """What the templates say about one condition: a line of conditions.txt."""

    name: str
    symptoms: tuple[str, ...]
    treatments: tuple[str, ...]
    risks: tuple[str, ...]
    measure: str

    @classmethod
    def parsed(cls, line: str) -> "Condition":
        """Return the condition of one line."""
        name, symptoms, treatments, risks, measure = line.split(" | ")
        return cls(name, tuple(symptoms.split(", ")), tuple(treatments.split(", ")), tuple(risks.split(", ")), measure)


ASPECTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("overview", (
        "{Name} is a condition in which {s0} and {s1} are common.",
        "Treatments of {name} include {treatments}; most people do well when their {measure} is followed regularly.",
        "The main aims of care in {name} are relief of {s0} and prevention of {r0}.")),
    ("symptoms and diagnosis", (
        "The typical symptoms of {name} are {s0}, {s1} and {s_last}.",
        "A diagnosis of {name} rests on the history, an examination and the {measure}.",
        "Sudden or severe {s0} should be assessed on the same day.")),
    ("treatment", (
        "First-line treatment of {name} is {t0}.",
        "If {t0} is not enough to treat {name}, {t_last} may be added after a review.",
        "Treatment is adjusted to the {measure} and to what the patient tolerates.")),
    ("medication dosage", (
        "The dose of {t0} for {name} starts low and is raised step by step.",
        "A missed dose of {t0} is taken when remembered, unless the next dose is due.",
        "Older patients and those with kidney disease may need a lower dose of {t0}.")),
    ("side effects and interactions", (
        "Common side effects of {t0} include nausea and dizziness, and they often pass.",
        "Interactions of {t0} with other medication, alcohol and herbal products should be checked.",
        "Stop {t_last} and seek advice if a rash or swelling appears.")),
    ("when to seek emergency care", (
        "Call emergency services when {name} comes with signs of {r0}.",
        "Warning signs in {name} are worsening {s0}, confusion or fainting.",
        "While waiting for help, the patient should rest and should not be left alone.")),
    ("prevention and lifestyle", (
        "Regular exercise, enough sleep and not smoking lower the risk of {r0} in {name}.",
        "A diary of {measure} helps to recognize what makes {name} worse.",
        "Vaccination and a balanced diet are part of prevention in {name}.")),
    ("follow-up for older adults", (
        "Older adults with {name} are seen every three months, and sooner after a change of treatment.",
        "The follow-up visit reviews {measure}, {s0} and all medication.",
        "Relatives should know the signs of {r0} and whom to call.")),
)  # fmt: skip

_FILLERS = (
    "The care team and the patient agree on a written plan for {name}.",
    "Results of {measure} are discussed at the next visit.",
    "Children and pregnant women with {name} need advice from a specialist.",
    "Questions about {t_last} can be put to the pharmacist.",
    "{R_last} is rare when {name} is treated early.",
    "Patients report that {s_last} limits their daily life more than {s0}.",
    "A telephone call after one week shows whether {t0} is taken as planned.",
    "The record should note allergies, weight and current medication.",
    "When {s1} returns, the plan is reviewed rather than the dose doubled.",
    "Local guidance on {name} takes precedence over this page.",
)
DISCLAIMER = "This text is synthetic, made for load tests, and is not medical advice."
_SENTENCES_PER_PARAGRAPH = 5
_PARAGRAPHS = 5


def corpus(count: int) -> Iterator[NewDocument]:
    """Yield the first `count` documents, always the same; past all combinations they repeat as further editions."""
    lines = files("api.seeding").joinpath("conditions.txt").read_text("utf-8").splitlines()
    conditions = [Condition.parsed(line) for line in lines[1:]]
    for number in range(count):
        edition, index = divmod(number, len(conditions) * len(ASPECTS))
        yield _document(number, edition, conditions[index % len(conditions)], *ASPECTS[index // len(conditions)])


def _document(number: int, edition: int, condition: Condition, aspect: str, sentences: tuple[str, ...]) -> NewDocument:
    words = _words(condition)
    chance = random.Random(number)  # noqa: S311 - deterministic test data
    paragraphs = [" ".join(sentence.format_map(words) for sentence in sentences)]
    paragraphs += [
        " ".join(text.format_map(words) for text in chance.sample(_FILLERS, _SENTENCES_PER_PARAGRAPH))
        for _ in range(_PARAGRAPHS)
    ]
    title = f"{_capitalised(condition.name)}: {aspect}" + (f" (edition {edition + 1})" if edition else "")
    return NewDocument(
        title=title,
        content="\n\n".join([*paragraphs, DISCLAIMER]),
        tags=[condition.name, aspect],
        seed_key=f"corpus-{number:06}",
    )


def _words(condition: Condition) -> dict[str, str]:
    return {
        "name": condition.name,
        "Name": _capitalised(condition.name),
        "s0": condition.symptoms[0],
        "s1": condition.symptoms[1],
        "s_last": condition.symptoms[-1],
        "treatments": ", ".join(condition.treatments),
        "t0": condition.treatments[0],
        "t_last": condition.treatments[-1],
        "r0": condition.risks[0],
        "R_last": _capitalised(condition.risks[-1]),
        "measure": condition.measure,
    }


def _capitalised(text: str) -> str:
    return text[0].upper() + text[1:]
