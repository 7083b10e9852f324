"""vectors/values/*.json: annotations, the JSON that stands for them, and both schemas."""

import glob
import importlib.metadata
import json
import os
import sys
import types
import unittest

from crank_runtime import jsontext
from crank_runtime.annotations import Compiler
from crank_runtime.decoder import every
from crank_runtime.schema import ADMITTED, Definitions
from crank_runtime.values import to_json
from support import ROOT, InvalidInput


def same(one, other):
    """Equal in type and value; NaN equals NaN."""
    if type(one) is not type(other):
        return False
    if hasattr(one, "dtypes"):  # a DataFrame, a Series
        return one.equals(other)
    if hasattr(one, "tolist"):  # an array or a scalar of numpy
        return one.dtype == other.dtype and repr(one) == repr(other)
    if isinstance(one, float):
        return repr(one) == repr(other)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return one == other


def installed(name, version):
    """Whether the interpreter has a distribution in a version that begins so."""
    try:
        return importlib.metadata.version(name).startswith(version)
    except importlib.metadata.PackageNotFoundError:
        return False


def keywords(schema):
    """Every keyword that a schema uses."""
    if isinstance(schema, list):
        return set().union(*map(keywords, schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    used = set(schema)
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            used |= keywords(list(value.values()))
        elif key not in ("enum", "default", "const", "examples", "required"):
            used |= keywords(value)
    return used


class Vectors(unittest.TestCase):
    def test_vectors(self):
        paths = sorted(glob.glob(os.path.join(ROOT, "vectors", "values", "*.json")))
        self.assertGreater(len(paths), 4)
        for path in paths:
            with open(path, encoding="utf-8") as file:
                for at, case in enumerate(json.load(file)):
                    if sys.version_info[:2] < tuple(map(int, case.get("since", "3.9").split("."))):
                        continue
                    if not all(installed(*need) for need in case.get("needs", {}).items()):
                        continue
                    with self.subTest(os.path.basename(path), case=case["name"]):
                        self.one(case, "vector_%s_%d" % (os.path.basename(path)[:-5], at))

    def one(self, case, name):
        module = sys.modules[name] = types.ModuleType(name)
        self.addCleanup(sys.modules.pop, name, None)
        scope = vars(module)
        for known in ("typing", "re", "uuid", "decimal", "datetime"):
            exec("from typing import *" if known == "typing" else "import %s" % known, scope)
        exec(compile(case.get("setup", ""), name, "exec", dont_inherit=True), scope)
        warnings = []
        decoder = Compiler(warnings.append).decoder(eval(case["annotation"], scope), (scope, {}))
        self.assertEqual(warnings, [])

        exact = any(part.exact for part in every(decoder))
        expected = eval(case["python"], scope)
        decoded = decoder.decode(jsontext.parse(case["json"].encode(), exact))
        self.assertTrue(same(decoded, expected), "%r is not %r" % (decoded, expected))
        self.assertEqual(to_json(decoded).decode(), case.get("output", case["json"]))

        for text in case["invalid"] + case.get("refused", []):
            with self.subTest(refused=text), self.assertRaises(InvalidInput):
                decoder.decode(jsontext.parse(text.encode(), exact))

        for direction, output in (("inputSchema", False), ("outputSchema", True)):
            defs = Definitions(output)
            schema = defs.document(decoder.schema(defs))
            self.assertEqual(schema, case[direction])
            self.assertLessEqual(keywords(schema), ADMITTED)


if __name__ == "__main__":
    unittest.main()
