"""The client against a server that answers as the HTTP contract says."""

import base64
import email.parser
import email.policy
import http.server
import io
import json
import os
import sys
import tempfile
import threading
import unittest
from pathlib import Path

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "src"))
sys.dont_write_bytecode = True

from crank_platform import Client, CrankError, File  # noqa: E402


class Handler(http.server.BaseHTTPRequestHandler):
    """Remembers what came, answers with what the test prepared: (status, headers, body)."""

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        self.server.seen.append((self.command, self.path, self.headers, self.rfile.read(length)))
        status, headers, body = self.server.answers.pop(0)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *_):
        pass


class ClientTest(unittest.TestCase):
    def setUp(self):
        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.server.seen, self.server.answers = [], []
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.client = Client("http://127.0.0.1:%d/" % self.server.server_port, key="crk_1", retries=0)

    def answer(self, body, content_type="application/json", status=200, **headers):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.server.answers.append((status, {"Content-Type": content_type, **headers}, body))

    def last(self):
        return self.server.seen[-1]

    def test_call(self):
        self.answer({"words": [10**30, 1.0]}, **{"Crank-Call": "call_1", "Crank-Version": "sha256:ab"})
        given = self.client.run(
            "words", "top", {"n": 3, "service": "x"}, idempotency_key="k", deadline="5s", tags="a=b"
        )
        self.assertEqual(given, ({"words": [10**30, 1.0]}, "call_1", "sha256:ab"))
        method, path, headers, body = self.last()
        self.assertEqual((method, path), ("POST", "/v1/services/words/top"))
        self.assertEqual(json.loads(body), {"n": 3, "service": "x"})
        self.assertEqual(headers["Authorization"], "Bearer crk_1")
        self.assertEqual(
            (headers["Idempotency-Key"], headers["Crank-Deadline"], headers["Crank-Tags"]), ("k", "5000ms", "a=b")
        )

    def test_names(self):
        for service, path in (
            ("words", "/v1/services/words/top"),
            ("words@stable", "/v1/services/words/top?version=stable"),
            ("acme/words@0123abcd", "/v1/accounts/acme/services/words/top?version=0123abcd"),
        ):
            self.answer(None)
            self.assertIsNone(self.client.call(service, "top", service="a", operation="b"))
            self.assertEqual(self.last()[1], path)

    def test_files_in(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.txt"
            path.write_text("path")
            stream = io.StringIO("stream")
            self.answer(1)
            self.client.call("s", "f", a=path, b=b"bytes", c=stream, d=[path, File("x", "text/plain", b"y")], e="1", f={"g": b"deep"})
        deep = {"g": {"name": "data.bin", "base64": base64.b64encode(b"deep").decode()}}
        self.assertEqual(
            self.parts("/v1/services/s/f"),
            [
                ("e", None, b'"1"'),
                ("f", None, json.dumps(deep).encode()),
                ("a", "a.txt", b"path"),
                ("b", "data.bin", b"bytes"),
                ("c", "data.bin", b"stream"),
                ("d", "a.txt", b"path"),
                ("d", "x", b"y"),
            ],
        )
        with self.assertRaisesRegex(TypeError, "object"):
            self.client.call("s", "f", a=object())

    def test_file_out(self):
        self.answer(b"<x/>", "image/svg+xml", **{"Content-Disposition": 'attachment; filename="a.svg"'})
        self.assertEqual(self.client.call("s", "f"), File("a.svg", "image/svg+xml", b"<x/>"))
        self.answer(b"{}", **{"Content-Disposition": 'attachment; filename="a.json"'})
        self.assertEqual(self.client.call("s", "f").data, b"{}")

    def test_stream(self):
        lines = [b"1", b'{"a":2}', b'{"$crank":{"call":"call_1","outcome":"ok","items":2}}']
        self.answer(b"\n".join(lines) + b"\n", "application/x-ndjson")
        self.assertEqual(list(self.client.call("s", "f")), [1, {"a": 2}])
        broken = (
            b'1\n{"$crank":{"call":"call_1","outcome":"script-error","error":{"code":"script-error","detail":"x"}}}\n'
        )
        self.answer(broken, "application/x-ndjson")
        items = self.client.call("s", "f")
        self.assertEqual(next(items), 1)
        with self.assertRaisesRegex(CrankError, "script-error"):
            next(items)
        self.answer(b"1\n", "application/x-ndjson")
        with self.assertRaisesRegex(CrankError, "broke off"):
            list(self.client.call("s", "f"))

    def test_problems(self):
        problem = {
            "type": "urn:crank:error:invalid-input", "code": "invalid-input", "title": "t", "detail": "d", "retry": "never",
            "call": "call_1", "errors": [{"pointer": "/a", "message": "m"}],
        }  # fmt: skip
        self.answer(problem, "application/problem+json", 422)
        with self.assertRaises(CrankError) as caught:
            self.client.call("s", "f", a=1)
        error = caught.exception
        self.assertEqual((error.status, error.code, error.detail, error.call), (422, "invalid-input", "d", "call_1"))
        self.assertEqual(error.errors, [{"pointer": "/a", "message": "m"}])
        self.answer({"code": "rate-limited"}, "application/problem+json", 429, **{"Retry-After": "3"})
        with self.assertRaises(CrankError) as caught:
            self.client.receipt("call_1")
        self.assertEqual(caught.exception.retry_after, 3)
        self.answer(b"<html>", "text/html", 502)
        with self.assertRaisesRegex(CrankError, "not as a Crank node does"):
            self.client.receipt("call_1")

    def test_nobody_there(self):
        with self.assertRaises(CrankError) as caught:
            Client("http://127.0.0.1:1", timeout=2).receipt("x")
        self.assertEqual((caught.exception.code, caught.exception.status), ("unavailable", None))
        for url in ("127.0.0.1", "ftp://x", "http://"):
            with self.assertRaises(ValueError):
                Client(url)

    def test_deploy(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name in ("main.py", "data/ä.csv", ".hidden", "__pycache__/x.pyc", ".git/config"):
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_bytes(b"--x\r\n" + name.encode())
            self.answer({"version": "sha256:ab"}, status=201)
            self.assertEqual(self.client.deploy(root, name="words"), {"version": "sha256:ab"})
            parts = self.parts()
            self.assertEqual(
                parts,
                [
                    ("name", None, b"words"),
                    ("file", "data/ä.csv", "--x\r\ndata/ä.csv".encode()),
                    ("file", "main.py", b"--x\r\nmain.py"),
                ],
            )
            self.answer({}, status=200)
            self.client.deploy(str(root / "main.py"))
            self.assertEqual([part[1] for part in self.parts()], ["main.py"])

    def parts(self, wanted="/v1/services"):
        _, path, headers, body = self.last()
        self.assertEqual(path, wanted)
        head = ("Content-Type: %s\r\n\r\n" % headers["Content-Type"]).encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
        return [
            (part.get_param("name", header="content-disposition"), part.get_filename(), part.get_payload(decode=True))
            for part in message.iter_parts()
        ]

    def test_receipt(self):
        self.answer({"envelope": {}, "proof": "", "openings": {}})
        self.assertEqual(set(self.client.receipt("call_1")), {"envelope", "proof", "openings"})
        self.assertEqual(self.last()[:2], ("GET", "/v1/receipts/call_1"))

    def test_environment(self):
        for name, value in (("CRANK_URL", "https://example.org/crank/"), ("CRANK_KEY", "k")):
            self.addCleanup(os.environ.__setitem__, name, os.environ[name]) if name in os.environ else self.addCleanup(
                os.environ.pop, name
            )
            os.environ[name] = value
        self.assertEqual(Client().url, "https://example.org/crank")


if __name__ == "__main__":
    unittest.main()
