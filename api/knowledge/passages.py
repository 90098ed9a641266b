"""Cuts a document into passages of about a paragraph, the unit that search finds and an answer cites."""

import re

PASSAGE_CHARACTERS = 1200
SNIPPET_CHARACTERS = 240
STEM_LETTERS = 6  # a word's beginning stands in for its stem

_WORD = re.compile(r"\w{3,}")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


def passages(content: str, size: int = PASSAGE_CHARACTERS) -> list[str]:
    """Return the content in order, in pieces of at most `size` characters, cut at the end of a sentence or word."""
    pieces: list[str] = []
    start = 0
    while start < len(content):
        end = _cut(content, start, size)
        piece = content[start:end].strip()
        if piece:
            pieces.append(piece)
        start = end
    return pieces


def _cut(content: str, start: int, size: int) -> int:
    """Return where a piece that begins at `start` ends; looks for a good place in its second half only."""
    limit = start + size
    if limit >= len(content):
        return len(content)
    for mark in ("\n\n", ". ", " "):
        found = content.rfind(mark, start + size // 2, limit)
        if found != -1:
            return found + len(mark)
    return limit


def best_sentence(passage: str, question: str) -> str:
    """Return the sentence that shares the most words with the question, shortened to a snippet."""
    stems = {word[:STEM_LETTERS] for word in _WORD.findall(question.casefold())}
    sentences = [sentence for sentence in _SENTENCE_END.split(passage) if sentence]
    best = max(sentences, key=lambda sentence: _shared(sentence.casefold(), stems), default=passage)
    return best if len(best) <= SNIPPET_CHARACTERS else best[: SNIPPET_CHARACTERS - 1].rstrip() + "…"


def _shared(sentence: str, stems: set[str]) -> int:
    return sum(stem in sentence for stem in stems)
