"""Asks two questions at once over a WebSocket, prints as JSON how each ended; a program, to be patched like Locust."""

from __future__ import annotations

import json
import sys

import locust  # noqa: F401  # patches sockets, as in a worker

sys.path.append(sys.argv[1])

from users.realtime import AnswerTimeout, RealtimeConnection, RealtimeError

TIMEOUT_SECONDS = 3.0
try:
    connection = RealtimeConnection.open(sys.argv[2], "token", TIMEOUT_SECONDS)
except (AnswerTimeout, RealtimeError) as error:
    print(json.dumps({"not opened": [type(error).__name__, str(error)]}))
    sys.exit()
questions = [connection.ask(text) for text in ("first", "second")]
for question in questions:
    connection.wait(question, TIMEOUT_SECONDS if len(sys.argv) < 4 else float(sys.argv[3]))
print(
    json.dumps(
        {
            question.text: {
                "answer": question.answer and question.answer["text"],
                "tokens": question.tokens,
                "failure": question.failure and [type(question.failure).__name__, str(question.failure)],
            }
            for question in questions
        }
    )
)
print(json.dumps(len(connection.under_way)), file=sys.stderr)
connection.close()
