"""Files in and out."""

import base64
import os
import unittest

from support import ServiceTest

SOURCE = """
from __future__ import annotations
import io, os
from pathlib import Path
from typing import Annotated, Any, BinaryIO, IO, Optional, TextIO, Union

def path(document: Path): return [document.name, document.read_text(), document.parent == Path.cwd()]
def maybe(document: Optional[Path] = None): return document and document.name
def several(documents: list[Path]): return [d.read_text() for d in documents]
def binary(data: BinaryIO): return data.read()
def text(data: TextIO): return [data.read(), os.path.basename(data.name)]
def either(data: IO[bytes]): return data.read()
def memory(data: io.StringIO): return data.read()
def raw(data: bytes): return len(data)
def untyped(thing): return thing.read_text() if isinstance(thing, Path) else thing
def name(thing: str): return thing
def rest(*documents: Path): return [d.name for d in documents]
def classic(input_data, policies, context): return {k: v.read_text() for k, v in input_data.items()}

def out(name: str) -> Path:
    Path(name).write_text("<x/>")
    return Path(name)
def nested() -> list:
    Path("a.csv").write_text("1,2")
    return [Path("a.csv"), Path("none.csv"), Path("/etc/hostname")]
def elsewhere(): return Path("/etc/passwd")
def picture() -> Annotated[bytes, "image/png"]: return b"png"
def plain() -> bytes: return b"png"
def handle():
    file = open("log.txt", "w")
    file.write("line")
    return file
"""


class Files(ServiceTest):
    def setUp(self):
        super().setUp()
        self.service = self.load(SOURCE)
        self.given = os.path.join(self.code, "incoming")
        os.mkdir(self.given)

    def file(self, parameter, name="in.txt", content="héllo"):
        path = os.path.join(self.given, "%d" % len(os.listdir(self.given)))
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        return (parameter, name, path)

    def inline(self, name="in.txt", data=b"inline"):
        return {"name": name, "base64": base64.b64encode(data).decode()}

    def test_which_parameters_take_files(self):
        files = {o["name"]: o["files"] for o in self.service.describe()["operations"]}
        taking = {name: given for name, given in files.items() if given}
        self.assertEqual(
            taking,
            {"path": ["document"], "maybe": ["document"], "several": ["documents"], "binary": ["data"], "text": ["data"],
             "either": ["data"], "memory": ["data"], "raw": ["data"], "rest": ["documents"]},
        )  # fmt: skip

    def test_multipart(self):
        def call(name, *files):
            return self.call(self.service, name, {}, files)

        self.assertEqual(call("path", self.file("document", "../ä b.txt")), ["ä b.txt", "héllo", True])
        self.assertEqual(call("maybe", self.file("document", "..")), "file")
        self.assertEqual(call("several", self.file("documents"), self.file("documents", content="2")), ["héllo", "2"])
        self.assertEqual(call("several", self.file("documents")), ["héllo"])
        self.assertEqual(call("binary", self.file("data")), base64.b64encode("héllo".encode()).decode())
        self.assertEqual(call("text", self.file("data", "C:\\x\\y.txt")), ["héllo", "y.txt"])
        self.assertEqual(call("raw", self.file("data")), 6)
        self.assertEqual(call("untyped", self.file("thing")), "héllo")
        self.assertEqual(call("rest", self.file("documents", "a"), self.file("documents", "b")), ["a", "b"])
        self.assertEqual(call("classic", self.file("one"), self.file("two", content="2")), {"one": "héllo", "two": "2"})

    def test_inline(self):
        def call(name, **arguments):
            return self.call(self.service, name, arguments)

        self.assertEqual(call("path", document=self.inline()), ["in.txt", "inline", True])
        self.assertEqual(call("several", documents=[self.inline(), self.inline()]), ["inline", "inline"])
        self.assertEqual(sorted(os.listdir(self.work)), ["in (2).txt", "in (3).txt", "in.txt"])
        self.assertEqual(call("memory", data=self.inline()), "inline")
        self.assertEqual(call("raw", data=self.inline()), 6)
        self.assertEqual(call("raw", data="aGk="), 2)

    def test_refusals(self):
        for name, arguments, pointer in (
            ("path", {"document": {"name": "x"}}, "/document"),
            ("path", {"document": {"name": 1, "base64": ""}}, "/document/name"),
            ("path", {"document": {"name": "x", "base64": "?"}}, "/document/base64"),
            ("path", {"document": "/etc/passwd"}, "/document"),
            ("path", {"document": "../x"}, "/document"),
            ("path", {"document": "a\0b"}, "/document"),
            ("path", {"document": 1}, "/document"),
            ("several", {"documents": [self.inline(), 1]}, "/documents/1"),
            ("memory", {"data": self.inline(data=b"\xff")}, "/data"),
            ("binary", {"data": "aGk="}, "/data"),
        ):
            with self.subTest(name, arguments=arguments):
                self.assertEqual(self.refused(self.service, name, arguments).pointer, pointer)
        self.assertEqual(self.refused(self.service, "name", {}, [self.file("thing")]).pointer, "/thing")
        self.assertEqual(self.refused(self.service, "path", {}, [self.file("other")]).pointer, "/other")
        twice = self.refused(self.service, "path", {"document": "x"}, [self.file("document")])
        self.assertIn("given twice", twice.message)

    def test_a_path_in_the_work_folder(self):
        os.symlink("/etc", "link")
        self.assertEqual(self.call(self.service, "maybe", {"document": "a/b.txt"}), "b.txt")
        self.refused(self.service, "maybe", {"document": "link/passwd"})

    def test_big_files_are_linked(self):
        given = self.file("document", "big.txt", "x" * (17 << 20))
        self.assertEqual(self.call(self.service, "maybe", {}, [given]), "big.txt")
        self.assertTrue(os.path.islink(os.path.join(self.work, "big.txt")))

    def test_results(self):
        about = {o["name"]: (o["result"], o.get("contentType")) for o in self.service.describe()["operations"]}
        self.assertEqual(about["out"], ("file", None))
        self.assertEqual(about["picture"], ("file", "image/png"))
        self.assertEqual(about["plain"], ("json", None))
        kind, path, name, content_type = self.call(self.service, "out", {"name": "a.svg"})
        self.assertEqual(
            (kind, path, name, content_type), ("file", os.path.join(self.work, "a.svg"), "a.svg", "image/svg+xml")
        )
        self.assertEqual(self.call(self.service, "picture"), ("bytes", b"png", "picture.png", "image/png"))
        self.assertEqual(self.call(self.service, "plain"), "cG5n")
        kind, path, name, content_type = self.call(self.service, "handle")
        with open(path, encoding="utf-8") as file:
            self.assertEqual((name, file.read()), ("log.txt", "line"))
        self.assertEqual(self.call(self.service, "elsewhere"), "/etc/passwd")
        self.assertEqual(
            self.call(self.service, "nested"),
            [{"name": "a.csv", "type": "text/csv", "size": 3, "base64": "MSwy"}, "none.csv", "/etc/hostname"],
        )


if __name__ == "__main__":
    unittest.main()
