"""What only the reference users can tell: citations of answers, and what became of documents."""

from __future__ import annotations

from itertools import product
from typing import Literal, get_args

from prometheus_client import Counter, Histogram

from swarmscope_exporter.shares import declare_share, observe_share

DocumentAction = Literal["upload", "read", "list", "delete"]
DocumentSize = Literal["small", "medium", "large", "none"]

CITATION_RATIO = "citation_ratio"

ANSWERS = Counter("voiceassist_answers", "Chat answers, with and without citations.", ["cited"])
CITATIONS = Histogram(
    "voiceassist_citations_per_answer", "Citations in one chat answer.", buckets=(0, 1, 2, 3, 4, 5, 7, 10, 15, 20)
)
DOCUMENTS = Counter("voiceassist_documents", "Knowledge-base operations.", ["action", "size", "outcome"])


def _create_children() -> None:
    declare_share(CITATION_RATIO)
    for cited in ("true", "false"):
        ANSWERS.labels(cited)
    for children in product(get_args(DocumentAction), get_args(DocumentSize), ("success", "failure")):
        DOCUMENTS.labels(*children)


_create_children()


def record_answer(citations: int) -> None:
    """Record one chat answer with that many citations."""
    ANSWERS.labels("true" if citations else "false").inc()
    CITATIONS.observe(citations)
    observe_share(CITATION_RATIO, counts=citations > 0)


def record_document(action: DocumentAction, size: DocumentSize, *, success: bool) -> None:
    """Record one operation on the knowledge base; ``size`` is ``none`` where the operation carries no document."""
    DOCUMENTS.labels(action, size, "success" if success else "failure").inc()
