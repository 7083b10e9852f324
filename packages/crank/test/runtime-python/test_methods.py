"""Public methods of classes: which are operations, and how the object is made that they are called on."""

import unittest

from support import ServiceTest

STACK = '''
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import Callable, Generic, NamedTuple, TypeVar
T = TypeVar("T")
class Stack(Generic[T]):
    """A stack."""
    limit = 3
    def __init__(self, limit: int = 10):
        """Makes it.

        Args:
            limit: how many
        """
        if limit < 0:
            raise ValueError("no such limit")
        self.limit, self.items = limit, []
    def push(self, item: T, *more: int) -> int:
        """Pushes it."""
        self.items += [item, *more]
        return len(self.items)
    @property
    def size(self): return 1
    @staticmethod
    def double(x: int) -> int: return 2 * x
    @classmethod
    def of(cls, limit: int) -> int: return cls(limit).limit
    def each(self, f: Callable): ...
    def _hidden(self): ...
class Deep(Stack):
    def of(self): return "mine"
    push = None
@dataclass
class Point:
    x: int
    y: float = 0.0
    def norm(self, /, scale: int = 1) -> float: return (self.x**2 + self.y**2) ** 0.5 * scale
class Pair(NamedTuple):
    a: int
    b: int
    def total(self) -> int: return self.a + self.b
class Plain:
    def items(self):
        yield 1
        yield 2
class Colour(Enum):
    RED = 1
    def shade(self): ...
class Wrong(ValueError):
    def why(self): ...
class Needs:
    def __init__(self, f: Callable): ...
    def run(self): ...
    @staticmethod
    def free(): return 3
class Shape(ABC):
    @abstractmethod
    def area(self): ...
class Words(dict):
    def longest(self): ...
'''


class Methods(ServiceTest):
    def test_which_are_operations(self):
        service = self.load(STACK)
        self.assertEqual(
            self.names(service),
            ["Stack.push", "Stack.double", "Stack.of", "Deep.double", "Deep.of", "Point.norm", "Pair.total",
             "Plain.items", "Needs.free"],
        )  # fmt: skip
        said = [found["message"] for found in service.describe()["findings"]]
        for text in (
            "Stack.each: the parameter f takes a function",
            "Deep.each: the parameter f takes a function",
            "Needs: no object of the class can be made (its constructor cannot be called from outside",
            "Shape: no object of the class can be made (it is abstract); left out: area",
            "Words: no object of the class can be made (its constructor comes from elsewhere",
        ):
            self.assertTrue(any(message.startswith(text) for message in said), (text, said))
        self.assertEqual(len(said), 5)

    def test_the_object_is_described_by_its_constructor(self):
        about = self.operation(self.load(STACK), "Stack.push")
        self.assertEqual(about["description"], "Pushes it.")
        self.assertEqual(about["input"]["required"], ["item"])
        self.assertEqual(
            about["input"]["$defs"]["Stack"],
            {
                "type": "object",
                "title": "Stack",
                "description": "A stack.",
                "properties": {"limit": {"type": "integer", "default": 10, "description": "how many"}},
                "additionalProperties": False,
            },
        )
        point = self.operation(self.load(STACK), "Point.norm")["input"]
        self.assertEqual((point["required"], point["$defs"]["Point"]["required"]), (["self"], ["x"]))

    def test_calls(self):
        service = self.load(STACK)
        self.assertEqual(self.call(service, "Stack.push", {"item": "a", "more": [2, 3]}), 3)
        self.assertEqual(self.call(service, "Stack.push", {"self": {"limit": 1}, "item": "a"}), 1)
        self.assertEqual(self.call(service, "Stack.double", {"x": 2}), 4)
        self.assertEqual(self.call(service, "Stack.of", {"limit": 4}), 4)
        self.assertEqual(self.call(service, "Deep.of"), "mine")
        self.assertEqual(self.call(service, "Point.norm", {"self": {"x": 3, "y": 4}, "scale": 2}), 10.0)
        self.assertEqual(self.call(service, "Pair.total", {"self": {"a": 1, "b": 2}}), 3)
        self.assertEqual(self.call(service, "Plain.items"), [1, 2])
        self.assertEqual(self.call(service, "Needs.free"), 3)

    def test_what_is_refused_and_what_the_constructor_says(self):
        service = self.load(STACK)
        self.assertEqual(
            self.refused(service, "Stack.push", {"self": {"limit": "x"}, "item": 1}).pointer, "/self/limit"
        )
        self.assertEqual(self.refused(service, "Stack.push", {"self": {"more": 1}, "item": 1}).pointer, "/self/more")
        self.assertEqual(self.refused(service, "Stack.push", {"self": 1, "item": 1}).pointer, "/self")
        self.assertEqual(self.refused(service, "Stack.of", {"cls": {}, "limit": 1}).pointer, "/cls")
        self.assertIn('"self" is missing', self.refused(service, "Point.norm", {}).message)
        # What a constructor raises is the script's word, and no fault of the types.
        with self.assertRaisesRegex(ValueError, "no such limit"):
            self.call(service, "Stack.push", {"self": {"limit": -1}, "item": 1})

    def test_decorated_classes_and_all(self):
        source = "from crank_platform import crank_service\ndef f(): ...\n%sclass A:\n    def m(self): return 1\n"
        self.assertEqual(self.names(self.load(source % "@crank_service\n")), ["A.m"])
        self.assertEqual(self.names(self.load(source % "__all__ = ['A']\n", "other.py")), ["A.m"])
        self.assertEqual(self.names(self.load(source % "", "third.py")), ["f", "A.m"])


if __name__ == "__main__":
    unittest.main()
