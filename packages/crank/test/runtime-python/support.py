"""Loads a source text as a service, in a folder of its own and with a work folder of its own."""

import json
import os
import shutil
import sys
import tempfile
import textwrap
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 4))
sys.path.insert(0, os.path.join(ROOT, "packages", "crank", "src", "engines", "sandbox", "runtime"))
sys.dont_write_bytecode = True

from crank_runtime.errors import InvalidInput, InvalidOutput, LoadError  # noqa: E402
from crank_runtime.service import Service  # noqa: E402

__all__ = ["ROOT", "InvalidInput", "InvalidOutput", "LoadError", "Service", "ServiceTest"]


class ServiceTest(unittest.TestCase):
    """A test with a source folder and a work folder."""

    def setUp(self):
        self.code = os.path.realpath(tempfile.mkdtemp())
        self.work = os.path.realpath(tempfile.mkdtemp())
        self._before = os.getcwd(), list(sys.path), set(sys.modules), list(sys.argv)
        os.chdir(self.work)

    def tearDown(self):
        folder, path, modules, argv = self._before
        os.chdir(folder)
        sys.path[:], sys.argv[:] = path, argv
        for name in set(sys.modules) - modules:
            # What the sources brought; the standard library stays, it doesn't like to be loaded twice.
            if (getattr(sys.modules[name], "__file__", None) or "").startswith(self.code):
                del sys.modules[name]
        shutil.rmtree(self.code)
        shutil.rmtree(self.work)

    def write(self, name, text):
        path = os.path.join(self.code, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(text))

    def load(self, text, name="script.py"):
        self.write(name, text)
        return Service.load(self.code, name)

    def operation(self, service, name):
        return next(o for o in service.describe()["operations"] if o["name"] == name)

    def names(self, service):
        return [o["name"] for o in service.describe()["operations"]]

    def call(self, service, name, arguments=None, files=(), context=None):
        """The answer as it leaves, the JSON in it parsed."""
        text = arguments if isinstance(arguments, bytes) else json.dumps(arguments or {}).encode()
        given = service.call(name, text, json.dumps(context or {}).encode(), list(files), 2**23)
        if given[0] == "value":
            return json.loads(given[1])
        return [json.loads(item) for item in given[1]] if given[0] == "stream" else given

    def refused(self, service, name, arguments, files=()):
        with self.assertRaises(InvalidInput) as caught:
            self.call(service, name, arguments, files)
        return caught.exception
