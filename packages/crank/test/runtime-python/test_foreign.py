"""numpy, pandas, pydantic, attrs, Pillow: where the interpreter has them."""

import importlib.util
import json
import unittest

from support import ServiceTest


def needs(*names):
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    return unittest.skipIf(missing, "not installed: %s" % ", ".join(missing))


class Foreign(ServiceTest):
    @needs("numpy")
    def test_numpy(self):
        service = self.load(
            """
            import numpy as np
            import numpy.typing as npt
            def scale(a: npt.NDArray[np.float64], by: np.float64 = np.float64(2)) -> np.ndarray: return a * by
            def kind(a: np.ndarray): return str(a.dtype)
            def count(n: np.int64) -> np.int64: return n + 1
            def values():
                return {"f": np.float32(0.5), "i": np.int8(3), "b": np.bool_(True), "s": np.str_("x"),
                        "nan": np.array([np.nan, np.inf]), "d": np.datetime64("2024-01-02"), "z": np.float64("nan"),
                        "t": np.array(["2024-01-02T03:04:05"], dtype="datetime64[ns]"), "c": np.complex128(1j),
                        "m": np.arange(4).reshape(2, 2), "zero": np.array(5), "td": np.timedelta64(90, "s"),
                        np.int64(7): np.longdouble(1.5)}
            """
        )
        self.assertEqual(self.call(service, "scale", {"a": [[1, 2.5], [3, "NaN"]]}), [[2.0, 5.0], [6.0, "NaN"]])
        self.assertEqual(self.call(service, "kind", {"a": [1, 2]}), "int64")
        self.assertEqual(self.call(service, "count", {"n": 1}), 2)
        self.refused(service, "count", {"n": 2**70})
        self.refused(service, "scale", {"a": [[1], [2, 3]]})
        self.refused(service, "scale", {"a": ["x"]})
        self.assertEqual(
            self.call(service, "values"),
            {"f": 0.5, "i": 3, "b": True, "s": "x", "nan": ["NaN", "Infinity"], "d": "2024-01-02", "z": "NaN",
             "t": ["2024-01-02T03:04:05.000000000"], "c": {"real": 0.0, "imag": 1.0}, "m": [[0, 1], [2, 3]], "zero": 5,
             "td": "PT1M30S", "7": 1.5},
        )  # fmt: skip

    @needs("pandas")
    def test_pandas(self):
        service = self.load(
            """
            import pandas as pd
            def total(table: pd.DataFrame, by: str) -> pd.DataFrame: return table.groupby(by).sum()
            def column(table: pd.DataFrame) -> pd.Series: return table["n"]
            def double(s: pd.Series) -> pd.Series: return s * 2
            def values():
                frame = pd.DataFrame({"t": [pd.Timestamp("2024-01-02"), pd.NaT], "x": [1.5, None], "o": ["a", None]})
                return [frame, pd.NA, pd.Timedelta("1h"), pd.Period("2024-01"), pd.Index([1, 2]),
                        pd.Categorical(["a", "b"]), pd.Series([1, 2], index=["a", "b"])]
            """
        )
        rows = [{"k": "a", "n": 1}, {"k": "b", "n": 2}, {"k": "a", "n": 3}]
        self.assertEqual(
            self.call(service, "total", {"table": rows, "by": "k"}), [{"k": "a", "n": 4}, {"k": "b", "n": 2}]
        )
        self.assertEqual(self.call(service, "column", {"table": {"n": [1, 2]}}), [1, 2])
        self.assertEqual(self.call(service, "double", {"s": [1, 2]}), [2, 4])
        self.refused(service, "column", {"table": [1]})
        frame, *others = self.call(service, "values")
        self.assertEqual(frame[0], {"t": "2024-01-02T00:00:00", "x": 1.5, "o": "a"})
        self.assertEqual((frame[1]["t"], frame[1]["x"]), (None, "NaN"))
        self.assertEqual(others, [None, "PT1H", "2024-01", [1, 2], ["a", "b"], {"a": 1, "b": 2}])

    @needs("pydantic")
    def test_pydantic(self):
        service = self.load(
            """
            from datetime import date
            from typing import List, Optional
            from pydantic import BaseModel
            class Item(BaseModel):
                name: str
                price: float
            class Order(BaseModel):
                day: date
                items: List[Item]
                note: Optional[str] = None
            def total(order: Order) -> float: return sum(item.price for item in order.items)
            def echo(order: Order) -> Order: return order
            """
        )
        order = {"day": "2024-01-02", "items": [{"name": "a", "price": 2.5}]}
        about = self.operation(service, "total")["input"]
        text = json.dumps(about)
        self.assertIn('"#/$defs/Item"', text)
        self.assertIn("Item", about["$defs"])
        self.assertEqual(self.call(service, "total", {"order": order}), 2.5)
        self.assertEqual(self.call(service, "echo", {"order": order}), dict(order, note=None))
        refused = self.refused(
            service, "total", {"order": {"day": "2024-01-02", "items": [{"name": "a", "price": "x"}]}}
        )
        self.assertEqual(refused.pointer, "/order/items/0/price")

    @needs("pydantic")
    def test_pydantic_two(self):
        import pydantic

        if not hasattr(pydantic, "TypeAdapter"):
            self.skipTest("pydantic 1 has no TypeAdapter")
        service = self.load(
            """
            from typing import Annotated, Optional
            from pydantic import BaseModel, Field, HttpUrl, RootModel
            class Tags(RootModel[list[str]]): pass
            class Tree(BaseModel):
                label: str = Field(alias="Label", pattern="^a")
                child: Optional["Tree"] = None
            def a(n: Annotated[int, Field(gt=0, description="how many")], url: HttpUrl) -> HttpUrl: return url
            def b(tags: Tags) -> Tags: return tags
            def c(tree: Tree) -> Tree: return tree
            """
        )
        schema = self.operation(service, "a")["input"]["properties"]["n"]
        self.assertEqual((schema["exclusiveMinimum"], schema["description"]), (0, "how many"))
        self.assertEqual(self.call(service, "a", {"n": 1, "url": "https://example.org/"}), "https://example.org/")
        self.assertEqual(self.refused(service, "a", {"n": 0, "url": "https://example.org/"}).pointer, "/n")
        self.assertEqual(self.call(service, "b", {"tags": ["x"]}), ["x"])
        self.assertEqual(self.call(service, "c", {"tree": {"Label": "a", "child": {"Label": "ab"}}}),
                         {"label": "a", "child": {"label": "ab", "child": None}})  # fmt: skip
        self.refused(service, "c", {"tree": {"Label": "b"}})
        findings = service.describe()["findings"]
        self.assertTrue(any("pattern" in f["message"] for f in findings), findings)

    @needs("attr")
    def test_attrs(self):
        service = self.load(
            """
            import attr
            @attr.s(auto_attribs=True)
            class Point:
                x: int
                _y: float = 1.5
            def f(p: Point) -> Point: return p
            """
        )
        self.assertEqual(self.call(service, "f", {"p": {"x": 1, "y": 2.5}}), {"x": 1, "y": 2.5})
        self.refused(service, "f", {"p": {"x": "a"}})

    @needs("PIL")
    def test_pillow(self):
        service = self.load(
            """
            from PIL import Image
            def make(size: int) -> Image.Image: return Image.new("RGB", (size, size))
            def measure(image: Image.Image) -> list: return list(image.size)
            """
        )
        self.assertEqual(self.operation(service, "make")["contentType"], "image/png")
        kind, data, name, content_type = self.call(service, "make", {"size": 3})
        self.assertEqual((kind, name, content_type), ("bytes", "make.png", "image/png"))
        with open("p", "wb") as file:
            file.write(data)
        self.assertEqual(self.call(service, "measure", {}, [("image", "p.png", "p")]), [3, 3])


if __name__ == "__main__":
    unittest.main()
