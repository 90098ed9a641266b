"""Finds the documents that answer a question, by PostgreSQL's full-text search."""

from dataclasses import dataclass

from api.database import Database
from api.knowledge.passages import best_sentence

CITATIONS_PER_ANSWER = 3
_CANDIDATES = 200

# plainto_tsquery joins the question's stems with &; the same stems joined with | match any of them. Both are computed
# once, in a subquery of their own: written in place they would be computed again for every row.
_EVERY = "(SELECT every_stem FROM question)"
_ANY = "(SELECT any_stem FROM question)"
_SEARCH = f"""
WITH question AS MATERIALIZED (
    SELECT plainto_tsquery('english', $1) AS every_stem,
           replace(plainto_tsquery('english', $2)::text, '&', '|')::tsquery AS any_stem
), passages AS (
    SELECT document_id, 1 + max(ts_rank(search, {_ANY})) AS score
    FROM (SELECT document_id, search FROM document_chunks WHERE search @@ {_EVERY} LIMIT {_CANDIDATES}) AS candidates
    GROUP BY document_id ORDER BY score DESC LIMIT {CITATIONS_PER_ANSWER}
), summaries AS (
    SELECT id AS document_id, ts_rank(summary_search, {_ANY}) AS score
    FROM documents WHERE summary_search @@ {_ANY}
    ORDER BY score DESC, id LIMIT {CITATIONS_PER_ANSWER}
), best AS (
    SELECT document_id, max(score) AS score
    FROM (SELECT * FROM passages UNION ALL SELECT * FROM summaries) AS found
    GROUP BY document_id ORDER BY score DESC, document_id LIMIT {CITATIONS_PER_ANSWER}
)
SELECT best.document_id, document.title, best.score::float8 AS score, passage.content
FROM best
JOIN documents AS document ON document.id = best.document_id
CROSS JOIN LATERAL (
    SELECT content FROM document_chunks WHERE document_id = best.document_id
    ORDER BY ts_rank(search, {_ANY}) DESC, ordinal LIMIT 1
) AS passage
ORDER BY best.score DESC, best.document_id
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class Citation:
    """A document that supports an answer. The score orders citations; 1 and more means that every term was found."""

    document_id: int
    title: str
    snippet: str
    score: float


async def find_citations(database: Database, question: str, context: str = "") -> list[Citation]:
    """At most three documents, best first; `context` is the conversation's previous question."""
    rows = await database.fetch(_SEARCH, question, f"{question} {context}" if context else question)
    return [
        Citation(row["document_id"], row["title"], best_sentence(row["content"], question), round(row["score"], 4))
        for row in rows
    ]
