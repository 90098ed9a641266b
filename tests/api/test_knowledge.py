"""The knowledge base: documents in, answers with citations out."""

import uuid
from typing import Any

import httpx
import pytest

from api.knowledge.passages import PASSAGE_CHARACTERS, SNIPPET_CHARACTERS, best_sentence, passages
from api.seeding.corpus import ASPECTS, DISCLAIMER, corpus
from testdata import queries
from tests.api.harness import ApiProcess, Headers, body_of, flag, samples

KB = "/api/admin/kb/documents"


def ask(client: httpx.Client, headers: Headers, message: str, conversation_id: str | None = None) -> dict[str, Any]:
    answer = client.post("/api/chat", headers=headers, json={"message": message, "conversation_id": conversation_id})
    assert answer.status_code == 200, answer.text
    return body_of(answer)


def upload(client: httpx.Client, admin: Headers, title: str, content: str) -> dict[str, Any]:
    answer = client.post(KB, headers=admin, json={"title": title, "content": content, "tags": ["test"]})
    assert answer.status_code == 201, answer.text
    return body_of(answer)


def filler(size_bytes: int) -> str:
    """Text of exactly that size, in sentences."""
    sentence = "The clinic keeps a careful record of every visit and of every result. "
    return (sentence * (size_bytes // len(sentence) + 1))[:size_bytes]


def test_passages_cover_the_content_in_order_and_stay_within_their_size() -> None:
    content = "\n\n".join(f"Paragraph {number}. " + "Some words here. " * 30 for number in range(40))
    pieces = passages(content)
    assert max(map(len, pieces)) <= PASSAGE_CHARACTERS
    assert "".join("".join(pieces).split()) == "".join(content.split())


@pytest.mark.parametrize("content", ["x" * 5000, " \n ", "short", "ä" * 2401])
def test_passages_of_text_without_good_places_to_cut_lose_nothing(content: str) -> None:
    assert "".join(passages(content)) == content.strip()


def test_the_best_sentence_is_the_one_that_shares_most_words_with_the_question() -> None:
    passage = "Rest helps. Metformin may cause nausea and dizziness. Call a doctor."
    assert best_sentence(passage, "Does metformin cause dizziness?") == "Metformin may cause nausea and dizziness."


def test_a_snippet_is_never_longer_than_its_limit() -> None:
    assert len(best_sentence("word " * 200, "word")) <= SNIPPET_CHARACTERS


def test_the_corpus_is_deterministic_distinct_and_says_that_it_is_synthetic() -> None:
    documents = list(corpus(200))
    assert documents == list(corpus(200))
    assert len({document.title for document in documents}) == 200
    assert all(document.content.endswith(DISCLAIMER) for document in documents)


def test_a_corpus_beyond_all_combinations_goes_on_with_further_editions() -> None:
    titles = [document.title for document in corpus(400)]
    combinations = titles.index(f"{titles[0]} (edition 2)")
    assert combinations % len(ASPECTS) == 0
    assert not any("edition" in title for title in titles[:combinations])


@pytest.mark.real
def test_nearly_every_question_of_the_reference_users_is_cited(client: httpx.Client, regular: Headers) -> None:
    questions = sorted({question for level in queries.LEVELS for question in queries.queries(level)})
    uncited = [question for question in questions if not ask(client, regular, question)["citations"]]
    assert len(uncited) <= 0.02 * len(questions), uncited


@pytest.mark.real
@pytest.mark.parametrize(
    ("question", "cited"),
    [
        ("What are the side effects of metformin?", "Type 2 diabetes: side effects and interactions"),
        ("warning signs of a stroke", "Stroke: when to seek emergency care"),
        ("How do I prevent migraine attacks?", "Migraine: prevention and lifestyle"),
    ],
)
def test_a_question_is_answered_from_the_document_about_it(
    client: httpx.Client, regular: Headers, question: str, cited: str
) -> None:
    answer = ask(client, regular, question)
    titles = [citation["title"] for citation in answer["citations"]]
    assert cited in titles
    assert 1 <= len(titles) <= 3
    assert answer["citations"][0]["snippet"] in answer["answer"]
    scores = [citation["score"] for citation in answer["citations"]]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.real
def test_a_question_about_nothing_in_the_knowledge_base_has_no_citations(
    client: httpx.Client, regular: Headers
) -> None:
    before = samples(client, "api_chat_answers_total")['cited="false"']
    answer = ask(client, regular, "zzyzx qwrtp?")
    assert answer["citations"] == []
    assert answer["answer"] == "I could not find anything about that in the knowledge base."
    assert samples(client, "api_chat_answers_total")['cited="false"'] == before + 1


@pytest.mark.real
def test_the_same_question_is_answered_from_the_cache_however_it_is_spelt(
    client: httpx.Client, regular: Headers, admin: Headers
) -> None:
    question = f"Can gout be caused by stress {uuid.uuid4().hex}?"
    before = samples(client, "api_cache_operations_total")
    first = ask(client, regular, question)
    second = ask(client, admin, f"  {question.upper()} ")
    after = samples(client, "api_cache_operations_total")
    assert (first["cached"], second["cached"]) == (False, True)
    assert (first["answer"], first["citations"]) == (second["answer"], second["citations"])
    assert first["conversation_id"] != second["conversation_id"]
    for result in ("hit", "miss"):
        label = f'cache="chat",result="{result}"'
        assert after[label] == before[label] + 1


@pytest.mark.real
def test_a_follow_up_is_understood_from_the_question_before_it(client: httpx.Client, regular: Headers) -> None:
    first = ask(client, regular, "Tell me about eczema prevention")
    follow_up = "And what about older adults?"
    in_context = ask(client, regular, follow_up, first["conversation_id"])
    assert in_context["conversation_id"] == first["conversation_id"]
    assert any(citation["title"].startswith("Eczema") for citation in in_context["citations"])
    alone = ask(client, regular, follow_up)
    assert not any(citation["title"].startswith("Eczema") for citation in alone["citations"])


@pytest.mark.real
def test_somebody_elses_conversation_is_404(client: httpx.Client, regular: Headers, admin: Headers) -> None:
    conversation_id = ask(client, admin, "Tell me about gout")["conversation_id"]
    body = {"message": "And then?", "conversation_id": conversation_id}
    answer = client.post("/api/chat", headers=regular, json=body)
    assert (answer.status_code, answer.json()) == (404, {"detail": f"no conversation {conversation_id}"})


@pytest.mark.real
@pytest.mark.parametrize("size_bytes", [4_000, 40_000, 400_000])
def test_an_upload_of_any_size_is_found_by_a_word_in_its_middle_as_soon_as_it_is_stored(
    client: httpx.Client, admin: Headers, regular: Headers, size_bytes: int
) -> None:
    marker = f"marker{uuid.uuid4().hex}"
    half = filler(size_bytes // 2)
    content = f"{half} {marker} {half}"
    created = upload(client, admin, f"Upload of {size_bytes}", content)
    assert created["size_bytes"] == len(content)
    assert created["chunks"] >= size_bytes // PASSAGE_CHARACTERS
    answer = ask(client, regular, marker)
    assert [citation["document_id"] for citation in answer["citations"]] == [created["id"]]
    found = client.get(KB, headers=admin, params={"q": marker}).json()
    assert (found["total"], [item["id"] for item in found["items"]]) == (1, [created["id"]])
    assert client.get(f"{KB}/{created['id']}", headers=admin).json()["content"] == content
    assert client.delete(f"{KB}/{created['id']}", headers=admin).status_code == 204


@pytest.mark.real
def test_a_deleted_document_is_404_and_no_cached_answer_cites_it(
    client: httpx.Client, admin: Headers, regular: Headers
) -> None:
    marker = f"marker{uuid.uuid4().hex}"
    before = samples(client, "api_documents_total")
    document_id = upload(client, admin, "Short-lived", f"About {marker}.")["id"]
    assert ask(client, regular, marker)["citations"][0]["document_id"] == document_id
    assert client.delete(f"{KB}/{document_id}", headers=admin).status_code == 204
    again = ask(client, regular, marker)
    assert (again["cached"], again["citations"]) == (False, [])
    for method in ("GET", "DELETE"):
        gone = client.request(method, f"{KB}/{document_id}", headers=admin)
        assert (gone.status_code, gone.json()) == (404, {"detail": f"there is no document {document_id}"})
    after = samples(client, "api_documents_total")
    assert {label: after[label] - before[label] for label in after} == {'action="created"': 1, 'action="deleted"': 1}


@pytest.mark.real
def test_documents_are_listed_newest_first_in_pages(client: httpx.Client, admin: Headers) -> None:
    created = [upload(client, admin, f"Page {number}", "Text.")["id"] for number in range(3)]
    page = client.get(KB, headers=admin, params={"limit": 2, "offset": 1}).json()
    assert [item["id"] for item in page["items"]] == [created[1], created[0]]
    assert (page["limit"], page["offset"]) == (2, 1)
    assert page["total"] >= 203
    assert set(page["items"][0]) == {"id", "title", "tags", "size_bytes", "chunks", "created_at"}
    for document_id in created:
        client.delete(f"{KB}/{document_id}", headers=admin)


@pytest.mark.real
@pytest.mark.parametrize(
    ("path", "body", "location"),
    [
        ("/api/chat", {"message": ""}, ["body", "message"]),
        ("/api/chat", {"message": "x" * 4001}, ["body", "message"]),
        ("/api/chat", {"message": "nul\0"}, ["body", "message"]),
        ("/api/chat", {"message": "x", "conversation_id": "../x"}, ["body", "conversation_id"]),
        (KB, {"title": "", "content": "x"}, ["body", "title"]),
        (KB, {"title": "x", "content": "x", "tags": ["t"] * 21}, ["body", "tags"]),
    ],
)
def test_bad_questions_and_uploads_are_422(
    client: httpx.Client, admin: Headers, path: str, body: object, location: list[str]
) -> None:
    answer = client.post(path, headers=admin, json=body)
    assert answer.status_code == 422
    assert [reason["loc"] for reason in answer.json()["detail"]] == [location]


@pytest.mark.real
@pytest.mark.parametrize("body", [b"{", b"", b'{"message": "\\ud800"}', b'{"message": NaN}', b"\xff", b"[" * 100_000])
def test_malformed_json_is_422(client: httpx.Client, regular: Headers, body: bytes) -> None:
    headers = {**regular, "Content-Type": "application/json"}
    answer = client.post("/api/chat", headers=headers, content=body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][0] == "body"


@pytest.mark.real
def test_a_body_above_the_limit_is_413_whether_or_not_it_says_its_length(
    client: httpx.Client, api: ApiProcess, admin: Headers
) -> None:
    large = b'{"title": "x", "content": "' + b"x" * 2_097_152 + b'"}'
    headers = {**admin, "Content-Type": "application/json"}
    expected = (413, {"detail": "the body is larger than 2097152 bytes"})
    declared = client.post(KB, headers=headers, content=large)
    assert (declared.status_code, declared.json()) == expected
    parts = (large[start : start + 65_536] for start in range(0, len(large), 65_536))
    chunked = client.post(KB, headers=headers, content=parts)
    assert (chunked.status_code, chunked.json()) == expected
    assert "Traceback" not in api.output


@pytest.mark.real
def test_dropped_citations_are_counted_as_uncited_and_come_back(
    client: httpx.Client, regular: Headers, admin: Headers
) -> None:
    question = "What is the usual treatment of asthma?"
    whole = ask(client, regular, question)
    before = samples(client, "api_chat_answers_total")
    with flag(client, admin, "drop-citations", 1.0):
        dropped = ask(client, regular, question)
    after = samples(client, "api_chat_answers_total")
    assert (dropped["answer"], dropped["citations"]) == (whole["answer"], [])
    assert after['cited="false"'] == before['cited="false"'] + 1
    assert ask(client, regular, question)["citations"] == whole["citations"]
