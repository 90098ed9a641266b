"""Documents in PostgreSQL: adding, listing, reading, deleting."""

from dataclasses import dataclass

from api.database import Connection, Database, Row
from api.knowledge.passages import passages

SUMMARY_CHARACTERS = 1000
INDEXING_SECONDS = 10.0  # a large document may take longer than a request is otherwise given

_INSERT = """
INSERT INTO documents (seed_key, title, content, tags, size_bytes, chunks, created_by, summary_search)
VALUES ($1, $2, $3, $4, $5, $6, $7,
        setweight(to_tsvector('english', $2), 'A')
        || setweight(to_tsvector('english', array_to_string($4::text[], ' ')), 'B')
        || setweight(to_tsvector('english', $8), 'C'))
ON CONFLICT (seed_key) DO NOTHING
RETURNING id
"""
_INSERT_CHUNKS = """
INSERT INTO document_chunks (document_id, ordinal, content, search)
SELECT $1, ordinal, content,
       setweight(to_tsvector('english', $2), 'A') || setweight(to_tsvector('english', content), 'B')
FROM unnest($3::text[]) WITH ORDINALITY AS passage (content, ordinal)
"""
_COLUMNS = "id, title, tags, size_bytes, chunks, created_at"
_FOUND = """
    FROM documents WHERE id IN (
        SELECT document_id FROM document_chunks WHERE search @@ websearch_to_tsquery('english', $1))
"""


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document as it arrives."""

    title: str
    content: str
    tags: list[str]
    created_by: int | None = None
    seed_key: str | None = None


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """What became of it."""

    id: int
    size_bytes: int
    chunks: int


async def add_document(connection: Connection, document: NewDocument) -> StoredDocument | None:
    """Store and indexes a document; call it in a transaction. None when its seed_key exists already."""
    pieces = passages(document.content)
    size_bytes = len(document.content.encode())
    document_id = await connection.fetchval(
        _INSERT,
        document.seed_key,
        document.title,
        document.content,
        document.tags,
        size_bytes,
        len(pieces),
        document.created_by,
        document.content[:SUMMARY_CHARACTERS],
        timeout=INDEXING_SECONDS,
    )
    if document_id is None:
        return None
    await connection.execute(_INSERT_CHUNKS, document_id, document.title, pieces, timeout=INDEXING_SECONDS)
    return StoredDocument(document_id, size_bytes, len(pieces))


async def list_documents(database: Database, query: str | None, limit: int, offset: int) -> tuple[list[Row], int]:
    """Return a page of documents, newest first, and how many there are; `query` as typed into a search box."""
    found, arguments = ("FROM documents", []) if not query else (_FOUND, [query])
    n = len(arguments)
    page = f"SELECT {_COLUMNS} {found} ORDER BY id DESC LIMIT ${n + 1} OFFSET ${n + 2}"
    async with database.connection() as connection:
        rows = await connection.fetch(page, *arguments, limit, offset)
        total = await connection.fetchval(f"SELECT count(*) {found}", *arguments)
    return rows, total


async def read_document(database: Database, document_id: int) -> Row | None:
    """Return one document with its content."""
    return await database.fetchrow(f"SELECT {_COLUMNS}, content FROM documents WHERE id = $1", document_id)  # noqa: S608


async def delete_document(database: Database, document_id: int) -> bool:
    """Delete a document with its passages. False when there is none."""
    return await database.execute("DELETE FROM documents WHERE id = $1", document_id) != "DELETE 0"
