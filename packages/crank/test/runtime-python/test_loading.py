"""Modules that cannot be imported, and exceptions as their owners see them."""

import os
import sys
import unittest

from support import LoadError, Service, ServiceTest


class Loading(ServiceTest):
    def fails(self, text, name="script.py"):
        with self.assertRaises(LoadError) as caught:
            self.load(text, name)
        self.assertEqual(len(caught.exception.findings), 1)
        return caught.exception.findings[0]

    def test_syntax_error(self):
        found = self.fails("def f():\n    return 1 +\n")
        self.assertEqual((found["level"], found["file"], found["line"]), ("error", "script.py", 2))
        self.assertIn("SyntaxError", found["message"])
        self.assertIn("Python %d.%d" % sys.version_info[:2], found["fix"])

    def test_missing_module(self):
        found = self.fails("import json\nimport no_such_module.part\n")
        self.assertEqual(found["line"], 2)
        self.assertIn('dependencies = ["no_such_module"]', found["fix"])

    def test_missing_module_whose_distribution_is_named_differently(self):
        self.write("helper.py", "import skimage.io\n")
        found = self.fails("import helper\n")
        self.assertEqual((found["file"], found["line"]), ("helper.py", 1))
        self.assertIn("scikit-image", found["fix"])

    def test_exception_at_import(self):
        found = self.fails("a = 1\n\ndef f():\n    return 1 / 0\nf()\n")
        self.assertEqual(found["line"], 4)
        self.assertIn("ZeroDivisionError", found["message"])

    def test_exit_at_import(self):
        found = self.fails("import sys\nsys.exit('usage: ...')\n")
        self.assertEqual(found["line"], 2)
        self.assertIn("__main__", found["fix"])

    def test_syntax_error_in_another_file(self):
        self.write("helper.py", "x = (\n")
        self.assertEqual(self.fails("import helper\n")["file"], "helper.py")

    def test_no_python_and_no_file(self):
        self.assertIn("not", self.fails("a = '\0'\n")["message"])
        with self.assertRaises(LoadError):
            Service.load(self.code, "absent.py")

    def test_a_failed_import_leaves_nothing(self):
        self.fails("raise ValueError\n", "halfway.py")
        self.assertNotIn("halfway", sys.modules)

    def test_scripts_named_like_a_module_that_is_loaded(self):
        service = self.load("import json as real\ndef f(x): return real.dumps(x)\n", "json.py")
        self.assertEqual(self.call(service, "f", {"x": [1]}), "[1]")
        self.assertTrue(hasattr(sys.modules["json"], "JSONDecoder"))

    def test_names_that_are_no_identifiers_and_folders(self):
        self.assertEqual(self.call(self.load("def f(): return __name__\n", "my-script.2.py"), "f"), "my-script_2")
        self.write("pkg/__init__.py", "")
        self.write("pkg/near.py", "X = 7\n")
        service = self.load("from .near import X\ndef f(): return [X, __name__]\n", "pkg/main.py")
        self.assertEqual(self.call(service, "f"), [7, "pkg.main"])
        self.write("loose/near2.py", "X = 8\n")
        service = self.load("import near2\ndef f(): return near2.X\n", "loose/main.py")
        self.assertEqual(self.call(service, "f"), 8)

    def test_what_a_script_finds_around_it(self):
        self.write("data.txt", "content")
        service = self.load(
            """
            import os, sys
            from pathlib import Path
            HERE = Path(__file__).parent
            def f():
                return [(HERE / "data.txt").read_text(), __name__, len(sys.argv), sys.path[0] == str(HERE), __spec__.name]
            """
        )
        self.assertEqual(self.call(service, "f"), ["content", "script", 1, True, "script"])


class Exceptions(ServiceTest):
    def raised(self, service, name, arguments=None):
        try:
            self.call(service, name, arguments)
        except BaseException as error:
            return service.format_exception(error)
        self.fail("nothing was raised")

    def test_only_the_users_frames(self):
        service = self.load(
            """
            import json
            class Mine(Exception): pass
            def inner(x):
                raise Mine("no %s" % x)
            def f(x):
                try:
                    inner(x)
                except Mine as error:
                    raise ValueError("outer") from error
            def g():
                return json.loads("{")
            def h():
                raise SystemExit(3)
            def i(n=0):
                return i(n + 1)
            """
        )
        seen = self.raised(service, "f", {"x": 1})
        self.assertEqual((seen["type"], seen["message"]), ("ValueError", "outer"))
        self.assertIn('File "script.py", line 5, in inner\n    raise Mine("no %s" % x)\nMine: no 1', seen["traceback"])
        self.assertIn("direct cause", seen["traceback"])
        self.assertNotIn("crank_runtime", seen["traceback"])
        self.assertNotIn(self.code, seen["traceback"])
        self.assertEqual(self.raised(service, "g")["type"], "json.decoder.JSONDecodeError")
        self.assertEqual(self.raised(service, "h")["message"], "3")
        deep = self.raised(service, "i")
        self.assertEqual(deep["type"], "RecursionError")
        self.assertIn("more frames", deep["traceback"])

    def test_what_is_raised_before_the_users_code_runs(self):
        service = self.load("import functools\n@functools.lru_cache(None)\ndef f(x): return x\n")
        seen = self.raised(service, "f", {"x": []})
        self.assertTrue(seen["traceback"].endswith("TypeError: unhashable type: 'list'"))
        self.assertNotIn("crank_runtime", seen["traceback"])

    def test_everything_is_bounded(self):
        service = self.load(
            """
            class Rude(Exception):
                def __str__(self): raise RuntimeError("x")
            def long(): raise ValueError("x" * 100000)
            def rude(): raise Rude()
            def odd(): raise ValueError("\\ud800")
            """
        )
        self.assertEqual(len(self.raised(service, "long")["message"]), 2000)
        self.assertIn("RuntimeError", self.raised(service, "rude")["message"])
        self.raised(service, "odd")["message"].encode()


class RealModules(ServiceTest):
    """Modules of the standard library, which nobody wrote for this."""

    def stdlib(self, name):
        with open(os.path.join(os.path.dirname(os.__file__), name), encoding="utf-8") as file:
            self.write("real_" + os.path.basename(name), file.read())
        return Service.load(self.code, "real_" + os.path.basename(name))

    def test_them(self):
        service = self.stdlib("textwrap.py")
        self.assertEqual(self.call(service, "wrap", {"text": "a b c d", "width": 3}), ["a b", "c d"])
        service = self.stdlib("statistics.py")
        self.assertEqual(self.call(service, "quantiles", {"data": [1, 2, 3, 4]}), [1.25, 2.5, 3.75])
        with self.assertRaises(Exception) as caught:
            self.call(service, "median", {"data": []})
        self.assertEqual(service.format_exception(caught.exception)["type"], "StatisticsError")
        service = self.stdlib("difflib.py")
        self.assertEqual(
            self.call(service, "unified_diff", {"a": ["x"], "b": ["y"], "lineterm": ""})[-2:], ["-x", "+y"]
        )
        service = self.stdlib("colorsys.py")
        self.assertEqual(self.call(service, "hsv_to_rgb", {"h": 0.5, "s": 0.5, "v": 0.4}), [0.2, 0.4, 0.4])
        service = self.stdlib("shlex.py")
        self.assertEqual(self.call(service, "split", {"s": "a 'b c'"}), ["a", "b c"])
        service = self.stdlib("calendar.py")
        self.assertEqual(self.call(service, "monthrange", {"year": 2024, "month": 2}), [3, 29])


if __name__ == "__main__":
    unittest.main()
