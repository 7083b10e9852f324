"""What examples in docstrings show of parameters and results (ADR 0014)."""

import unittest

from support import InvalidOutput, ServiceTest

SOURCE = '''
"""Some functions.

>>> by_module([1, "a"])
"""
from typing import Annotated, Literal
def factorial(number: int) -> int:
    """
    >>> factorial(5)
    120
    >>> factorial(0.1)
    Traceback (most recent call last):
        ...
    ValueError: only integral values
    >>> factorial(5.0)
    Traceback (most recent call last):
        ...
    TypeError: no float
    """
    if isinstance(number, float):
        raise (TypeError if number.is_integer() else ValueError)("no float")
    return number
def tree(nodes: dict, at):
    """
    >>> tree({1: [2, 3],
    ...       2: {'11': [4]}}, (1, 2))
    """
    return repr((nodes, at))
def largest(numbers: list[int]) -> int:
    """
    >>> largest(['a', 'b'])
    'b'
    >>> largest([1.5, 2])
    2
    >>> largest((1, 2))
    2
    >>> largest([1, 2])
    2
    """
    return max(numbers) if isinstance(numbers, list) else repr(numbers)
def by_module(items: list[int]): return items
def chosen(mode: Literal["a"], size: Annotated[int, "how many"] = 1):
    """
    >>> chosen("b", size=2.5)
    Traceback (most recent call last):
        ...
    ValueError: b
    """
def raw(data): 
    """
    >>> raw(b"abc")
    """
    return repr(data)
def text(data: str):
    """
    >>> text(b"abc")
    """
    return repr(data)
def keys(graph: dict[int, list[int]]):
    """
    >>> keys({0: [1]})
    >>> keys({"a": [1]})
    >>> keys({0.5: [1]})
    >>> keys({0: ["a"]})
    """
    return repr(graph)
def odd(n: int):
    """
    >>> odd(
    >>> odd(unknown)
    >>> odd(1, 2, 3)
    >>> odd(m="x")
    >>> odd(*[1.5])
    >>> other("x")
    """
def mixed(graph):
    """
    >>> mixed({1: [2], (1, 2): [3]})
    >>> mixed({1: [2]})
    """
    return repr(graph)
class Counter:
    def __init__(self, start: int = 0): self.start = start
    def add(self, n: int):
        """
        >>> Counter(1.5).add("x")
        """
        return [self.start, n]
'''

OWN_CLASSES = '''
class Point:
    def __init__(self, x, y): self.x, self.y = float(x), float(y)
    def __repr__(self): return f"({self.x}, {self.y})"
class Opaque:
    def __init__(self, n): self.n = n
    def __repr__(self): return f"<Opaque {self.n}>"
class Silent: pass
def points(of: list[Point]) -> list[Point]:
    """
    >>> points([[0, 1], [2.5, 3]])
    [(0.0, 1.0), (2.5, 3.0)]
    """
    return [Point(*one) for one in of]
def opaque(n: int):
    """
    >>> opaque(1)
    [1]
    """
    return [Opaque(n), Silent()]
def unshown(n: int): return Point(n, n)
def only_refused(of: Point):
    """
    >>> only_refused(1)
    Traceback (most recent call last):
        ...
    TypeError: no
    """
def not_shown(of: Point):
    """
    >>> not_shown(Point(1, 2))
    1
    """
'''


class Shown(ServiceTest):
    def property(self, service, operation, name):
        return self.operation(service, operation)["input"]["properties"][name]

    def test_what_the_annotation_excludes_and_the_function_answers(self):
        service = self.load(SOURCE)
        self.assertEqual(
            self.property(service, "factorial", "number"),
            {
                "anyOf": [
                    {"type": "integer"},
                    {"type": "number", "description": "As an example in a docstring shows: it raises ValueError."},
                ]
            },
        )
        self.assertEqual(self.call(service, "factorial", {"number": 5}), 5)
        with self.assertRaises(ValueError):
            self.call(service, "factorial", {"number": 0.5})
        # 5.0 is an integer in JSON; an example shows that the function tells them apart.
        with self.assertRaises(TypeError):
            self.call(service, "factorial", b'{"number":5.0}')
        self.assertEqual(self.refused(service, "factorial", {"number": "5"}).message, "expected an integer, got a string")

    def test_the_form_that_json_lacks(self):
        service = self.load(SOURCE)
        given = {"nodes": {"1": [2], "2": {"11": [4]}}, "at": [1, 2]}
        self.assertEqual(self.call(service, "tree", given), "({1: [2], 2: {'11': [4]}}, (1, 2))")
        self.assertEqual(self.call(service, "tree", {"nodes": {"a": 1}, "at": 1}), "({'a': 1}, 1)")
        self.assertEqual(self.property(service, "tree", "nodes"), {"type": "object"})
        self.assertEqual(self.call(service, "raw", {"data": "YWJj"}), "b'abc'")
        # Where text is declared, what happens to be base64 stays text.
        self.assertEqual(self.call(service, "text", {"data": "YWJj"}), "'YWJj'")

    def test_results(self):
        service = self.load(SOURCE)
        about = self.operation(service, "largest")
        self.assertEqual(
            about["output"],
            {"anyOf": [{"type": "integer"}, {"type": "string", "description": "As an example in a docstring shows."}]},
        )
        self.assertEqual(self.call(service, "largest", {"numbers": ["a", "b"]}), "b")
        self.assertEqual(self.call(service, "largest", {"numbers": [1.5, 2]}), 2)
        # Lists are shown as well as tuples: a list it stays.
        self.assertEqual(self.call(service, "largest", {"numbers": [1, 2]}), 2)
        self.refused(service, "largest", {"numbers": [None]})

    def test_classes_of_the_script_that_json_lacks(self):
        service = self.load(OWN_CLASSES)
        self.assertEqual(self.call(service, "points", {"of": [[1, 2], [3, 4]]}), [[1.0, 2.0], [3.0, 4.0]])
        self.assertEqual(self.property(service, "points", "of")["description"], "As an example in a docstring shows.")
        self.refused(service, "points", {"of": [["a", 2]]})
        self.assertNotIn("only_refused", self.names(service))
        self.assertNotIn("not_shown", self.names(service))
        messages = [found["message"] for found in service.describe()["findings"]]
        told = "the parameter of takes an object of the class Point, which JSON cannot carry"
        self.assertIn("points: " + told + "; it takes what the examples in the docstring show", messages)
        # A repr() that is no literal, and one that no example shows, are not taken for a result.
        for operation in ("opaque", "unshown"):
            with self.assertRaises(InvalidOutput):
                self.call(service, operation, {"n": 1})

    def test_examples_may_stand_anywhere_in_the_module(self):
        service = self.load(SOURCE)
        self.assertEqual(self.call(service, "by_module", {"items": [1, "b"]}), [1, "b"])
        self.assertEqual(self.call(service, "Counter.add", {"self": {"start": 2.5}, "n": "y"}), [2.5, "y"])
        self.refused(service, "Counter.add", {"self": {"start": "x"}, "n": "y"})

    def test_types_without_anything_in_common(self):
        service = self.load(SOURCE)
        for given, made in (
            ({"1": [2]}, {1: [2]}), ({"a": [2]}, {"a": [2]}), ({"0.5": [2]}, {0.5: [2]}), ({"1": ["b"]}, {1: ["b"]}),
        ):  # fmt: skip
            self.assertEqual(self.call(service, "keys", {"graph": given}), repr(made))
        self.refused(service, "keys", {"graph": {"a": [None]}})
        self.assertEqual(self.call(service, "mixed", {"graph": {"1": [3]}}), "{1: [3]}")
        self.assertEqual(self.call(service, "mixed", {"graph": [[1, [2]], [[1, 2], [3]]]}), "{1: [2], (1, 2): [3]}")

    def test_where_the_author_has_decided(self):
        service = self.load(SOURCE)
        self.assertEqual(self.property(service, "chosen", "mode"), {"enum": ["a"]})
        self.refused(service, "chosen", {"mode": "b"})

    def test_what_shows_nothing(self):
        service = self.load(SOURCE)
        self.assertEqual(self.property(service, "odd", "n"), {"type": "integer"})

    def test_examples_without_end(self):
        """Whatever stands in a docstring, the module loads."""
        for source in ("f(%s1)" % ("-" * 3000), "f(%s)" % ("[" * 3000), "f(%s1)" % ("1 + " * 900), "f(" * 900, "f('%s')" % ("x" * 9000),
                       "f(%s1%s)" % ("[" * 150, "]" * 150), "f(1e999, 0x%s)" % ("f" * 3000), "f(**{})", "f({**{}})", "f(...)",
                       "f(-'a', {[]: 1}, {{}})", "f(\\x00)"):  # fmt: skip
            with self.subTest(source[:20]):
                service = self.load('def f(n: int):\n    """\n    >>> %s\n    %s\n    """\n    return n\n' % (source, "[" * 900))
                self.assertEqual(self.call(service, "f", {"n": 1}), 1)

    def test_the_author_is_told(self):
        messages = [found["message"] for found in self.load(SOURCE).describe()["findings"]]
        wrong = "an example in a docstring has ['a', 'b'], which the annotation excludes; it is taken all the same"
        self.assertIn("largest: numbers: " + wrong, messages)
        # What an example shows to be an error is no contradiction.
        self.assertFalse([message for message in messages if message.startswith("factorial")], messages)


if __name__ == "__main__":
    unittest.main()
