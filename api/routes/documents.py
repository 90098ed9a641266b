"""The knowledge base's documents, for administrators."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from api.database import Row
from api.knowledge.documents import NewDocument, add_document, delete_document, list_documents, read_document
from api.web import NO_NUL, Admin, Id, Json, Limit, Offset, PlainRoute, ShortText, errors, services, to_json

router = APIRouter(prefix="/api/admin/kb/documents", tags=["admin"], route_class=PlainRoute)

_SUMMARY = ("id", "title", "tags", "size_bytes", "chunks", "created_at")

Content = Annotated[str, StringConstraints(min_length=1, pattern=NO_NUL)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=NO_NUL)]


class DocumentUpload(BaseModel):
    """A document to add."""

    title: ShortText
    content: Content
    tags: Annotated[list[Tag], Field(max_length=20)] = []


class DocumentCreated(BaseModel):
    """A document that was stored and indexed in `chunks` passages."""

    id: int
    title: str
    size_bytes: int
    chunks: int


class DocumentSummary(DocumentCreated):
    """A document in a list."""

    tags: list[str]
    created_at: datetime


class Document(DocumentSummary):
    """A whole document."""

    content: str


class DocumentPage(BaseModel):
    """A page of documents."""

    items: list[DocumentSummary]
    total: int
    limit: int
    offset: int


@router.post("", response_model=DocumentCreated, status_code=201, responses=errors(401, 403, 413, 503))
async def create(request: Request, user: Admin, upload: DocumentUpload) -> Json:
    """Add a document; it can be found as soon as this answers.

    A question that was asked before keeps its cached answer for up to API_CHAT_CACHE_SECONDS.
    """
    parts = services(request)
    document = NewDocument(upload.title, upload.content, upload.tags, created_by=user.user_id)
    async with parts.database.transaction() as connection:
        stored = await add_document(connection, document)
    if stored is None:
        raise RuntimeError("a document without a seed key was not inserted")
    parts.metrics.documents["created"].inc()
    created = {"id": stored.id, "title": upload.title, "size_bytes": stored.size_bytes, "chunks": stored.chunks}
    return to_json(created, 201)


@router.get("", response_model=DocumentPage, responses=errors(401, 403, 503))
async def list_page(
    request: Request,
    _user: Admin,
    q: Annotated[str | None, Query(max_length=200, pattern=NO_NUL, description="Words to find.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Json:
    """List documents, newest first, all or those that contain the words of q."""
    rows, total = await list_documents(services(request).database, q, limit, offset)
    items = [_named(row, _SUMMARY) for row in rows]
    return to_json({"items": items, "total": total, "limit": limit, "offset": offset})


@router.get("/{document_id}", response_model=Document, responses=errors(401, 403, 404, 503))
async def read(request: Request, _user: Admin, document_id: Id) -> Json:
    """Return a document with its content."""
    row = await read_document(services(request).database, document_id)
    if row is None:
        raise _missing(document_id)
    return to_json(_named(row, (*_SUMMARY, "content")))


@router.delete("/{document_id}", status_code=204, response_class=Response, responses=errors(401, 403, 404, 503))
async def delete(request: Request, _user: Admin, document_id: Id) -> Response:
    """Delete a document, and the cached answers that cite it."""
    parts = services(request)
    if not await delete_document(parts.database, document_id):
        raise _missing(document_id)
    parts.metrics.documents["deleted"].inc()
    await parts.chat.forget_document(document_id)
    return Response(status_code=204)


def _missing(document_id: int) -> HTTPException:
    return HTTPException(404, f"there is no document {document_id}")


def _named(row: Row, columns: tuple[str, ...]) -> dict[str, object]:
    return {column: row[column] for column in columns}
