"""What an administrator does with the documents of the knowledge base."""

from __future__ import annotations

from collections import deque
from urllib.parse import urlencode

from testdata.documents import Size, make_document
from testdata.topics import TOPICS
from users import checks
from users.api_user import ApiUser
from users.endpoints import DELETE_DOCUMENT, LIST_DOCUMENTS, READ_DOCUMENT, UPLOAD_DOCUMENT
from users.metrics import record_document

#: An administrator keeps at most so many documents, so that a long run does not fill the knowledge base.
MAX_KEPT = 5
PAGE_SIZE = 20


class KnowledgeBase:
    """The documents that one user uploaded, oldest first, and what can be done with them."""

    def __init__(self, user: ApiUser) -> None:
        self._user = user
        self._uploaded: deque[tuple[str, Size]] = deque()
        self._count = 0

    @property
    def full(self) -> bool:
        """Whether something should be deleted before more is uploaded."""
        return len(self._uploaded) >= MAX_KEPT

    def upload(self, size: Size) -> bool:
        """Upload a new document that is new, also beside those of other runs."""
        self._count += 1
        run_id = self._user.process.run.run_id
        document = make_document(size, f"{run_id}-{self._user.account.number}-{self._count}")
        body = {"title": document.title, "content": document.content, "tags": list(document.tags)}
        check = checks.document(document.title, len(document.content))
        document_id = self._user.ask(UPLOAD_DOCUMENT, check, body=body)
        if document_id is not None:
            self._uploaded.append((document_id, size))
        record_document("upload", size, success=document_id is not None)
        return document_id is not None

    def read(self) -> bool:
        """Read the newest document of one's own, or upload a first one."""
        if not self._uploaded:
            return self.upload("small")
        document_id, size = self._uploaded[-1]
        path = f"{LIST_DOCUMENTS.name}/{document_id}"
        done = self._user.ask(READ_DOCUMENT, checks.document(), path=path) is not None
        record_document("read", size, success=done)
        return done

    def search(self) -> bool:
        """Look through a page of documents, half the time for a subject."""
        query: dict[str, str | int] = {"limit": PAGE_SIZE}
        if self._user.rng.random() < 0.5:
            query["q"] = self._user.rng.choice(TOPICS).name
        path = f"{LIST_DOCUMENTS.name}?{urlencode(query)}"
        done = self._user.ask(LIST_DOCUMENTS, checks.page(PAGE_SIZE), path=path) is not None
        record_document("list", "none", success=done)
        return done

    def delete(self) -> bool:
        """Delete the oldest document of one's own, or upload a first one."""
        if not self._uploaded:
            return self.upload("small")
        document_id, size = self._uploaded.popleft()
        path = f"{LIST_DOCUMENTS.name}/{document_id}"
        done = self._user.ask(DELETE_DOCUMENT, checks.nothing, path=path) is not None
        record_document("delete", size, success=done)
        return done
