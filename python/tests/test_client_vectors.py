"""The client on the cases that the client in TypeScript is held to as well: vectors/client, vectors/receipt."""

import base64
import email.message
import json
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))
sys.dont_write_bytecode = True

from crank_platform import CrankError, NotVerified, Stream, Trust  # noqa: E402
from crank_platform._client import service_path  # noqa: E402
from crank_platform._retry import Failure, RetryPolicy, retry_delay  # noqa: E402
from crank_platform._transport import _refusal  # noqa: E402
from crank_platform._trust import verify_with  # noqa: E402

VECTORS = HERE.parent.parent / "vectors"


def vectors(path):
    return json.loads((VECTORS / path).read_text())


class Answer:
    """An answer as the client sees it."""

    def __init__(self, status, headers, body):
        self.status, self.body = status, body
        self.headers = email.message.Message()
        for name, value in headers.items():
            self.headers[name] = value
        self.content_type = self.headers.get_content_type()

    def read(self):
        return self.body

    def lines(self):
        return iter(self.body.splitlines(keepends=True))

    def close(self):
        pass


class VectorsTest(unittest.TestCase):
    def test_errors(self):
        for case in vectors("client/errors.json"):
            with self.subTest(case["name"]):
                error = _refusal(Answer(case["status"], case["headers"], case["body"].encode()), "http://x").error
                self.assertIsInstance(error, CrankError)
                found = (type(error).__name__, error.code, error.retry, error.retry_after, error.call)
                self.assertEqual(found, tuple(case[name] for name in ("kind", "code", "retry", "retryAfter", "call")))

    def test_retries(self):
        for case in vectors("client/retries.json"):
            with self.subTest(case["name"]):
                given = case["failure"]
                failure = Failure((given.get("problem") or {}).get("retry"), given.get("status"), given.get("retryAfter"))
                wait = retry_delay(failure, case["again"], case["tries"], RetryPolicy(), 1)
                self.assertEqual(wait, case["wait"])

    def test_names(self):
        for case in vectors("client/names.json"):
            with self.subTest(case["text"]):
                if case["path"] is None:
                    self.assertRaises(ValueError, service_path, case["text"])
                else:
                    path, _, version = service_path(case["text"])
                    self.assertEqual((path + "/op", version), (case["path"], case["version"]))

    def test_streams(self):
        for case in vectors("client/streams.json"):
            with self.subTest(case["name"]):
                body = "".join(case["chunks"]).encode()
                told = []
                answer = Answer(200, {"Content-Type": case["contentType"]}, body)
                stream = Stream(answer, lambda _, message, told=told: told.append(message))
                items, error = [], None
                try:
                    for item in stream:
                        items.append(item)
                except CrankError as raised:
                    error = "broken-off" if "broke off" in raised.detail else raised.code
                outcome = stream.end["outcome"] if stream.end else None
                self.assertEqual(
                    (items, told, outcome, error), tuple(case[name] for name in ("items", "progress", "outcome", "error"))
                )

    def test_receipts(self):
        cases = vectors("receipt/receipts.json")
        trust = Trust([cases["vkey"]])
        for case in cases["good"]:
            with self.subTest(case["name"]):
                payload = json.loads(base64.b64decode(json.loads(case["file"])["envelope"]["payload"]))
                id = payload["subject"][0]["name"]
                output = case["output"].encode() if "output" in case else None
                self.assertEqual(verify_with(trust, case["file"].encode(), id, None, output).id, id)
                for other in ({"id": "call_other"}, {"stated": {"operation": "other"}}):
                    with self.assertRaises(NotVerified) as caught:
                        verify_with(trust, case["file"].encode(), **other)
                    self.assertEqual(caught.exception.part, "statement")
        for case in cases["tampered"]:
            with self.subTest(case["name"]), self.assertRaises(NotVerified) as caught:
                verify_with(trust, case["file"].encode())
            self.assertEqual(caught.exception.part, case["part"], case["name"])


if __name__ == "__main__":
    unittest.main()
