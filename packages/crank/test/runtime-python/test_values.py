"""What leaves: values without an annotation to go by."""

import collections
import datetime
import decimal
import enum
import fractions
import io
import json
import pathlib
import sqlite3
import types
import unittest
import uuid

from crank_runtime.values import MAX_DEPTH, to_json
from support import InvalidOutput


class Odd:
    pass


class Values(unittest.TestCase):
    def written(self, value, text):
        self.assertEqual(to_json(value).decode(), text)

    def test_plain_values_keep_their_digits(self):
        self.written(
            [2**53 + 1, 10**30, 1.0, 0.1, 1e16, True, None, "é\u2028"],
            "[9007199254740993,1" + "0" * 30 + ',1.0,0.1,1e+16,true,null,"é\u2028"]',
        )
        self.written({"b": (1, 2), "a": []}, '{"b":[1,2],"a":[]}')

    def test_integers_beyond_the_interpreters_digit_limit(self):
        self.assertEqual(len(to_json(10**5000)), 5001)
        self.assertEqual(len(to_json({1, 10**5000})), 5005)

    def test_non_finite_numbers_anywhere(self):
        inf = float("inf")
        self.written([inf, {"a": -inf}, (float("nan"),)], '["Infinity",{"a":"-Infinity"},["NaN"]]')

    def test_keys(self):
        self.written({True: "c", None: "b", 2.5: "d", -7: "e"}, '{"true":"c","null":"b","2.5":"d","-7":"e"}')
        self.written({datetime.date(2024, 1, 2): 1}, '{"2024-01-02":1}')
        self.written({float("inf"): 1}, '{"Infinity":1}')
        self.written({(1, 2): 3, "a": 4}, '[[[1,2],3],["a",4]]')
        # One text for two keys: as an object one of them would be lost.
        self.written({1: "a", "1": "b"}, '[[1,"a"],["1","b"]]')

    def test_sets_are_sorted(self):
        self.written({3, 1, 2}, "[1,2,3]")
        self.written({"b", "a"}, '["a","b"]')
        self.written({1, "a", None}, '["a",1,null]')
        self.written({frozenset({2}), frozenset({1})}, "[[1],[2]]")

    def test_subclasses_that_the_c_encoder_would_get_wrong(self):
        Point = collections.namedtuple("Point", "x y")

        class Level(enum.IntEnum):
            LOW = 1

        class Name(str, enum.Enum):
            A = "a"

        self.written([Point(1, Level.LOW), Name.A, {Name.A: Level.LOW}], '[{"x":1,"y":1},"a",{"a":1}]')
        self.written(collections.Counter("aab"), '{"a":2,"b":1}')
        self.written(collections.OrderedDict(z=1), '{"z":1}')

    def test_standard_types(self):
        self.written(
            [
                datetime.datetime(2024, 1, 2, 3, 4, 5),
                datetime.date(2024, 1, 2),
                datetime.time(3, 4),
                datetime.timedelta(days=-1),
                decimal.Decimal("1.10"),
                fractions.Fraction(1, 3),
                uuid.UUID(int=1),
                pathlib.PurePosixPath("a/b"),
                b"hi",
                1 - 2j,
                range(3),
                types.MappingProxyType({"a": 1}),
                types.SimpleNamespace(a=1),
            ],
            '["2024-01-02T03:04:05","2024-01-02","03:04:00","-P1D","1.10","1/3",'
            '"00000000-0000-0000-0000-000000000001","a/b","aGk=",{"real":1.0,"imag":-2.0},[0,1,2],{"a":1},{"a":1}]',
        )

    def test_iterators_views_and_abstract_collections(self):
        self.written(
            [{"a": 1}.keys(), {"a": 1}.items(), map(str, [1]), (n for n in [1]), collections.deque([1])],
            '[["a"],[["a",1]],["1"],[1],[1]]',
        )
        self.written(collections.ChainMap({"a": 1}), '{"a":1}')
        self.written(collections.UserList([1]), "[1]")
        self.written(io.StringIO("text"), '"text"')
        self.written(io.BytesIO(b"hi"), '"aGk="')

    def test_database_rows(self):
        connection = sqlite3.connect(":memory:")
        connection.row_factory = sqlite3.Row
        self.written(connection.execute("select 1 as a, 'x' as b").fetchall(), '[{"a":1,"b":"x"}]')
        connection.close()

    def test_refusals_name_the_type(self):
        for value, name in (
            (Odd(), "test_values.Odd"),
            ([{"a": Odd}], "type"),
            (len, "builtin_function_or_method"),
            (ValueError("x"), "ValueError"),
            (..., "ellipsis"),
        ):
            with self.subTest(name), self.assertRaises(InvalidOutput) as caught:
                to_json(value)
            self.assertIn(name, caught.exception.message)

    def test_circles_and_depth(self):
        circle = []
        circle.append([circle, circle])
        with self.assertRaisesRegex(InvalidOutput, "circular list"):
            to_json(circle)
        deep = []
        for _ in range(MAX_DEPTH + 10):
            deep = [deep]
        with self.assertRaisesRegex(InvalidOutput, "nested more than"):
            to_json(deep)
        twice = [1]
        self.written([twice, twice], "[[1],[1]]")

    def test_lone_surrogates(self):
        for value in ("\ud800", {"\ud800": 1}, [Odd.__name__, {"a": {"\udfff"}}]):
            with self.assertRaisesRegex(InvalidOutput, "lone surrogate"):
                to_json(value)

    def test_big_plain_values_are_json(self):
        value = {"rows": [{"n": n, "x": n / 7, "s": "é" * 3} for n in range(2000)]}
        self.assertEqual(json.loads(to_json(value)), value)


if __name__ == "__main__":
    unittest.main()
