"""Which functions become operations, what is said of them, and how they are called."""

import sys
import unittest

from support import InvalidOutput, ServiceTest


class Discovery(ServiceTest):
    def test_public_functions_of_the_module(self):
        service = self.load(
            '''
            """What it is.

            More of it.
            """
            import functools
            from textwrap import dedent
            from functools import lru_cache

            def one(a): return a
            def _hidden(a): return a
            async def two(a): return a
            three = lambda a: a
            four = functools.partial(one, 1)
            class Five:
                def method(self): ...
            @lru_cache(maxsize=None)
            def six(a: int) -> int: return a
            if True:
                def seven(a): return a
            try:
                def eight(): return 8
            except ImportError:
                pass
            def nine(): return 9
            del nine
            if __name__ == "__main__":
                def one(): ...
                raise SystemExit("must not run")
            '''
        )
        about = service.describe()
        self.assertEqual(about["description"], "What it is.")
        self.assertEqual(self.names(service), ["one", "two", "Five.method", "six", "seven", "eight", "run"])
        self.assertEqual(about["findings"], [])
        self.assertEqual(about["operations"][0]["line"], 10)
        self.assertEqual([self.call(service, "six", {"a": 1}), self.call(service, "two", {"a": [1]})], [1, [1]])

    def test_all_says_what_is_public(self):
        service = self.load("__all__ = ['b', 'Other']\ndef a(): ...\ndef b(): ...\nclass C:\n    def m(self): ...\n")
        self.assertEqual(self.names(service), ["b"])

    def test_only_the_decorated_functions_where_there_are_any(self):
        for decorator in (
            "from crank_platform import crank_service",
            "def crank_service(f): return f",
            "def crank_service(f):\n    def wrapper(*args, **kwargs):\n        return f(*args, **kwargs)\n    return wrapper",
        ):
            with self.subTest(decorator):
                self.tearDown()
                self.setUp()
                source = "%s\n@crank_service\ndef a(x: int = 1) -> int: return x\ndef b(): ...\n" % decorator
                service = self.load(source)
                self.assertEqual(self.names(service), ["a"])
                self.assertEqual(
                    self.operation(service, "a")["input"]["properties"]["x"], {"type": "integer", "default": 1}
                )
                self.assertEqual(self.call(service, "a"), 1)

    def test_options_of_the_decorator(self):
        service = self.load(
            """
            import crank_platform
            @crank_platform.crank_service(name="page", content_type="text/html")
            def render(title: str) -> str:
                return "<h1>%s</h1>" % title
            """
        )
        about = self.operation(service, "page")
        self.assertEqual((about["result"], about["contentType"]), ("file", "text/html"))
        self.assertEqual(
            self.call(service, "page", {"title": "é"}), ("bytes", "<h1>é</h1>".encode(), "page.html", "text/html")
        )

    def test_what_json_cannot_carry_is_left_out_and_the_rest_stays(self):
        service = self.load(
            """
            from typing import Callable, Optional
            class Node: pass
            def a(f: Callable[[int], int]): ...
            def b(n: Node, x: int): ...
            def c(x: int, key: Optional[Callable] = None) -> Node: return x
            def d(x: "Missing"): return x
            """
        )
        about = service.describe()
        self.assertEqual(self.names(service), ["c", "d"])
        self.assertEqual([f["level"] for f in about["findings"]], ["warning"] * 4)
        for text, finding in zip(
            ("a: the parameter f takes a function", "class Node", "key takes a function", "Missing"), about["findings"]
        ):
            self.assertIn(text, finding["message"])
        self.assertEqual(list(self.operation(service, "c")["input"]["properties"]), ["x"])
        self.assertEqual(self.call(service, "d", {"x": [1]}), [1])

    def test_what_the_gateway_would_not_take(self):
        service = self.load(
            """
            from enum import Enum
            from pathlib import Path
            Big = Enum("Big", {"B%d" % n: "x" * 100 + str(n) for n in range(2000)})
            def größe(): ...
            def a(big: Big, n: int = 10**400, table=list(range(10000)), text="\\ud800", **files: Path) -> Big: return big
            """
        )
        self.assertEqual(self.names(service), ["a"])
        about = self.operation(service, "a")
        self.assertEqual(
            about["input"],
            {"type": "object", "properties": {n: {} for n in ("big", "n", "table", "text")}, "required": ["big"]},
        )
        self.assertEqual((about["output"], about["files"]), ({}, []))
        self.assertEqual(self.call(service, "a", {"big": "x" * 100 + "7"}), "x" * 100 + "7")
        self.refused(service, "a", {"big": "y"})
        small = self.load("def a(n: int = 10**400, table=list(range(10000)), text='\\ud800', m=1): ...\n")
        self.assertEqual(
            [s.get("default") for s in self.operation(small, "a")["input"]["properties"].values()],
            [None, None, None, 1],
        )

    def test_no_public_function(self):
        found = self.load("hello = 1\ndef _a(): ...\n").describe()["findings"]
        self.assertEqual(found[0]["level"], "error")
        self.assertIn("no public function", found[0]["message"])


class Signatures(ServiceTest):
    def test_every_kind_of_parameter(self):
        service = self.load(
            """
            def f(a, b=2, /, c=3, *more: int, d, e=5, **rest: float):
                return [a, b, c, more, d, e, rest]
            """
        )
        schema = self.operation(service, "f")["input"]
        self.assertEqual(list(schema["properties"]), ["a", "b", "c", "more", "d", "e"])
        self.assertEqual(schema["required"], ["a", "d"])
        self.assertIn("anyOf", schema["additionalProperties"])
        self.assertEqual(self.call(service, "f", {"a": 1, "d": 4}), [1, 2, 3, [], 4, 5, {}])
        self.assertEqual(self.call(service, "f", {"a": 1, "c": 9, "d": 4, "z": 1.5}), [1, 2, 9, [], 4, 5, {"z": 1.5}])
        self.assertEqual(self.call(service, "f", {"a": 1, "d": 4, "more": [7, 8]}), [1, 2, 3, [7, 8], 4, 5, {}])
        self.assertEqual(self.refused(service, "f", {"a": 1, "d": 4, "more": [7, "x"]}).pointer, "/more/1")
        self.assertEqual(self.refused(service, "f", {"a": 1, "d": 4, "z": "x"}).pointer, "/z")
        self.assertIn('"d" is missing', self.refused(service, "f", {"a": 1}).message)

    def test_arguments_that_nobody_asked_for(self):
        service = self.load("def f(a): return a\n")
        self.assertEqual(self.refused(service, "f", {"a": 1, "b/c": 2}).pointer, "/b~1c")
        self.refused(service, "f", [1])
        self.refused(service, "g", {})
        for text in (b"", b"{", b'{"a":NaN}', b'{"a":1}x', b"\xff", b"[" * 100000):
            with self.subTest(text[:10]):
                self.refused(service, "f", text)

    def test_defaults(self):
        service = self.load(
            """
            from datetime import date
            from pathlib import Path
            SENTINEL = object()
            def f(a=(1, 2), b={1}, c=SENTINEL, d=date(2024, 1, 1), e: int = None, g=float("inf"), h="x"):
                return [type(v).__name__ for v in (a, b, d, e, h)]
            """
        )
        shown = {name: s.get("default", "-") for name, s in self.operation(service, "f")["input"]["properties"].items()}
        self.assertEqual(
            shown, {"a": [1, 2], "b": [1], "c": "-", "d": "2024-01-01", "e": None, "g": "Infinity", "h": "x"}
        )
        given = {"a": [3], "b": [4], "d": "2024-02-02", "e": None, "h": 1}
        self.assertEqual(self.call(service, "f", given), ["tuple", "set", "date", "NoneType", "int"])
        # A hint is no more than that.
        self.assertEqual(
            self.call(service, "f", {"a": 1, "b": "x", "d": [], "e": 3}), ["int", "str", "list", "int", "str"]
        )

    def test_docstrings_describe_the_parameters(self):
        service = self.load(
            '''
            from dataclasses import dataclass
            from typing import Annotated
            @dataclass
            class Box:
                """A box."""
                side: int
            def f(a: int, b: Box, c: Annotated[int, "three"] = 3):
                """Does it.

                Args:
                    a: The first.
                    b: The second.
                """
            '''
        )
        about = self.operation(service, "f")
        self.assertEqual(about["description"], "Does it.")
        properties = about["input"]["properties"]
        self.assertEqual([properties[n].get("description") for n in "abc"], ["The first.", "The second.", "three"])
        self.assertEqual(about["input"]["$defs"]["Box"]["description"], "A box.")

    def test_unpacked_keywords(self):
        if sys.version_info < (3, 11):
            self.skipTest("typing.Unpack came with Python 3.11")
        service = self.load(
            """
            from typing import TypedDict, Unpack, NotRequired
            class Options(TypedDict):
                size: int
                name: NotRequired[str]
            def f(**options: Unpack[Options]): return options
            """
        )
        schema = self.operation(service, "f")["input"]
        self.assertEqual((schema["required"], schema["additionalProperties"]), (["size"], False))
        self.assertEqual(self.call(service, "f", {"size": 1}), {"size": 1})
        self.refused(service, "f", {"size": "x"})


class Classic(ServiceTest):
    CONTEXT = {
        "policies": {"limit": 3},
        "context": {"call": "call_1", "account": "acme", "tags": {"team": "a"}, "chain": [{"by": "b"}]},
    }

    def test_input_data_is_the_body(self):
        service = self.load(
            """
            from crank_platform import crank_service
            @crank_service
            def process(input_data, policies, context):
                return [input_data, policies["limit"], context.account, context["call"], context.tags.team, context.chain[0].by]
            """
        )
        self.assertEqual(self.operation(service, "process")["input"], {"type": "object"})
        self.assertEqual(
            self.call(service, "process", {"policies": 1}, context=self.CONTEXT),
            [{"policies": 1}, 3, "acme", "call_1", "a", "b"],
        )

    def test_a_body_is_an_object(self):
        service = self.load(
            """
            from pathlib import Path
            from typing import Union
            def a(input_data: list, policies, context): return input_data
            def b(input_data: Union[dict, list], policies, context): return input_data
            def c(input_data: Path, policies, context): return input_data.name
            """
        )
        about = {o["name"]: o for o in service.describe()["operations"]}
        self.assertEqual(list(about["a"]["input"]["properties"]), ["input_data"])
        self.assertEqual(about["b"]["input"]["type"], "object")
        self.assertEqual(
            (list(about["c"]["input"]["properties"]), about["c"]["files"]), (["input_data"], ["input_data"])
        )
        self.assertEqual(self.call(service, "a", {"input_data": [1]}), [1])
        self.assertEqual(self.call(service, "b", {"x": 1}), {"x": 1})

    def test_undecorated_and_typed(self):
        service = self.load(
            """
            from typing import TypedDict
            class Order(TypedDict):
                total: float
            def process(input_data: Order, policies: dict, context: dict) -> float:
                return input_data["total"]
            """
        )
        self.assertEqual(self.operation(service, "process")["input"]["required"], ["total"])
        self.assertEqual(self.call(service, "process", {"total": 2}, context=self.CONTEXT), 2)
        self.assertEqual(self.refused(service, "process", {"total": "x"}).pointer, "/total")

    def test_a_context_of_the_scripts_own(self):
        service = self.load("def answer(question: str, context: str): return context\n")
        self.assertEqual(self.call(service, "answer", {"question": "a", "context": "b"}, context=self.CONTEXT), "b")

    def test_a_context_that_is_asked_for(self):
        service = self.load("from crank_platform import Context\ndef who(context: Context): return context.account\n")
        self.assertEqual(self.operation(service, "who")["input"]["properties"], {})
        self.assertEqual(self.call(service, "who", {}, context=self.CONTEXT), "acme")
        self.refused(service, "who", {"context": {}})

    def test_what_the_context_lacks(self):
        service = self.load("def f(input_data, policies, context): return context.nothing\n")
        with self.assertRaisesRegex(AttributeError, "nothing"):
            self.call(service, "f", {}, context=self.CONTEXT)


class Streams(ServiceTest):
    def test_generators(self):
        service = self.load(
            """
            from typing import Iterator
            def a(n: int) -> Iterator[int]:
                yield from range(n)
            async def b(n: int):
                for i in range(n):
                    yield {"i": i}
            def c() -> Iterator[str]:
                return iter("ab")
            def d():
                return (x for x in [1, 2])
            def e():
                yield 1
                yield object()
            def f() -> Iterator[int]:
                return 3
            """
        )
        about = {o["name"]: o for o in service.describe()["operations"]}
        self.assertEqual([about[n]["result"] for n in "abcdef"], ["stream"] * 3 + ["json"] + ["stream"] * 2)
        self.assertEqual(about["a"]["output"], {"type": "integer"})
        self.assertEqual(self.call(service, "a", {"n": 3}), [0, 1, 2])
        self.assertEqual(self.call(service, "b", {"n": 2}), [{"i": 0}, {"i": 1}])
        self.assertEqual(self.call(service, "c"), ["a", "b"])
        self.assertEqual(self.call(service, "d"), [1, 2])
        items = service.call("e", b"{}", b"{}", [], 2**23)[1]
        self.assertEqual(next(items), b"1")
        with self.assertRaises(InvalidOutput):
            next(items)
        with self.assertRaises(InvalidOutput):
            self.call(service, "f")

    def test_coroutines_and_context_managers(self):
        service = self.load(
            """
            import asyncio, contextlib
            async def a(x: int) -> int:
                await asyncio.sleep(0)
                return x
            def b():
                return a(3)
            @contextlib.contextmanager
            def c():
                log = ["in"]
                yield log
                log.append("out")
            @contextlib.asynccontextmanager
            async def d():
                yield {"open": True}
            async def e():
                async def items():
                    yield 1
                    yield 2
                return items()
            """
        )
        self.assertEqual(
            [self.call(service, "a", {"x": 2}), self.call(service, "b"), self.call(service, "c")], [2, 3, ["in"]]
        )
        self.assertEqual([self.call(service, "d"), self.call(service, "e")], [{"open": True}, [1, 2]])

    def test_a_bool_where_a_number_is_declared(self):
        service = self.load("def f(x: bool) -> int: return x\ndef g(x: bool) -> bool: return x\n")
        self.assertEqual(service.call("f", b'{"x":true}', b"{}", [], 2**23)[1], b"1")
        self.assertEqual(service.call("g", b'{"x":true}', b"{}", [], 2**23)[1], b"true")


class Digits(ServiceTest):
    def test_numbers_arrive_as_they_left(self):
        service = self.load("def echo(x): return x\ndef typed(x: float): return x\n")
        for text in (b"9007199254740993", b"1" + b"0" * 30, b"1.0", b"1", b"0.1", b"-7", b"1" * 5000):
            for name in ("echo", "typed"):
                self.assertEqual(service.call(name, b'{"x":' + text + b"}", b"{}", [], 2**23)[1], text)


if __name__ == "__main__":
    unittest.main()
