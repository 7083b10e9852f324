import json
import sys
import unittest

from crank_runtime import distributions, scan


def scanned(files, entry="main.py", folders=()):
    encoded = {path: text.encode() for path, text in files.items()}
    head = {"entry": entry, "files": [[path, len(text)] for path, text in encoded.items()], "folders": list(folders)}
    return json.loads(scan.answer(json.dumps(head).encode() + b"\n" + b"".join(encoded.values())))


def modules(text, **more):
    found = scanned({"main.py": text, **more})
    return {one["module"]: one["kind"] for one in found["modules"]}


class Imports(unittest.TestCase):
    def test_where_imports_stand(self):
        text = """
import os, yaml as y, numpy.linalg
from PIL import Image
def f():
    import pandas
class C:
    import rich
if __name__ == "__main__":
    import click
with open("x") as f:
    from bs4 import BeautifulSoup
import importlib
dotenv = importlib.import_module("dotenv")
toml = __import__("toml")
"""
        self.assertEqual(
            modules(text),
            {
                **dict.fromkeys("yaml numpy PIL rich click bs4 dotenv toml".split(), "required"),
                "pandas": "lazy",
            },
        )

    def test_what_is_never_imported_here(self):
        text = """
import sys, os, typing
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import a1
if typing.TYPE_CHECKING:
    import a2
else:
    import numpy
if sys.version_info < (3, 0):
    import a3
elif sys.version_info[0] == 2:
    import a4
else:
    import yaml
if sys.platform == "win32" or os.name == "nt":
    import a5
if sys.platform.startswith("win"):
    import a6
if not sys.version_info >= (3,):
    import a7
"""
        self.assertEqual(modules(text), {"numpy": "required", "yaml": "required"})

    def test_alternatives(self):
        self.assertEqual(modules("try:\n import simplejson as json\nexcept ImportError:\n import json\n"), {})
        self.assertEqual(modules("try:\n import cPickle\nexcept:\n import pickle\n"), {})
        self.assertEqual(modules("try:\n import json\nexcept ImportError:\n import simplejson\n"), {})
        both = "try:\n import ujson as j\nexcept ImportError:\n import orjson as j\n"
        self.assertEqual(modules(both), {"ujson": "required"})
        known = "try:\n import no_such as j\nexcept ImportError:\n import orjson as j\n"
        self.assertEqual(modules(known), {"orjson": "required"})

    def test_a_missing_one_is_caught(self):
        self.assertEqual(modules("try:\n import numpy\nexcept ImportError:\n numpy = None\n"), {"numpy": "optional"})
        ends = "import sys\ntry:\n import numpy\nexcept ImportError:\n sys.exit('install numpy')\n"
        self.assertEqual(modules(ends), {"numpy": "required"})
        raises = "try:\n import numpy\nexcept ImportError as e:\n raise RuntimeError from e\n"
        self.assertEqual(modules(raises), {"numpy": "required"})
        self.assertEqual(modules("try:\n import numpy\nexcept KeyError:\n pass\n"), {"numpy": "required"})

    def test_modules_of_the_source(self):
        files = {
            "main.py": "import helper, pack.inner\nfrom pack import more\nimport unused_folder\n",
            "helper.py": "import yaml\n",
            "never.py": "import torch\n",
            "pack/__init__.py": "from . import sibling\n",
            "pack/inner.py": "from .deep.er import x\n",
            "pack/sibling.py": "import rich\n",
            "pack/more.py": "import click\n",
            "pack/deep/er.py": "import toml\n",
        }
        found = scanned(files, folders=["pack", "pack/deep", "unused_folder"])
        self.assertEqual({one["module"] for one in found["modules"]}, {"yaml", "rich", "click", "toml"})

    def test_folders_put_on_the_path(self):
        text = "import sys, os\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))\nimport inside\n"
        found = scanned({"main.py": text, "lib/inside.py": "import yaml"}, folders=["lib"])
        self.assertEqual([one["module"] for one in found["modules"]], ["yaml"])

    def test_names_that_no_distribution_is_taken_for(self):
        def unfit(name, **files):
            (found,) = scanned({"main.py": "import %s" % name, **files})["modules"]
            return found.get("unfit")

        self.assertEqual(unfit("utils"), "private")
        self.assertEqual(unfit("urllib2"), "python2")
        self.assertEqual(unfit("reqeusts"), "resembles")
        self.assertEqual(unfit("panda_s"), None)
        self.assertEqual(unfit("beautifulsop4"), None)
        self.assertEqual(unfit("tools_of_ours", **{"src/tools_of_ours.py": ""}), "elsewhere")
        if sys.version_info >= (3, 12):
            self.assertEqual(unfit("imp"), "removed")

    def test_what_libraries_import_only_then(self):
        text = "import pandas as pd\ndef f(p):\n    return pd.read_excel(p).to_markdown()\n"
        self.assertEqual(modules(text), {"pandas": "required", "openpyxl": "lazy", "tabulate": "lazy"})
        self.assertEqual(modules("def f(x):\n    return x.to_markdown()\n"), {})
        soup = "from bs4 import BeautifulSoup\nBeautifulSoup(x, 'lxml')\nBeautifulSoup(x, features='html5lib')\n"
        self.assertEqual(set(modules(soup)), {"bs4", "lxml", "html5lib"})
        self.assertEqual(set(modules("from bs4 import BeautifulSoup\nBeautifulSoup(x, 'html.parser')\n")), {"bs4"})
        self.assertEqual(set(modules("import requests_html")), {"requests_html", "lxml_html_clean"})

    def test_a_notebook(self):
        cells = [
            {"cell_type": "markdown", "source": "import no"},
            {"cell_type": "code", "source": ["%matplotlib inline\n", "!pip install x\n", "import yaml\n"]},
            {"cell_type": "code", "source": "%%bash\nimport no"},
        ]
        found = scanned({"n.ipynb": json.dumps({"cells": cells})}, entry="n.ipynb")
        self.assertEqual([one["module"] for one in found["modules"]], ["yaml"])

    def test_what_cannot_be_read(self):
        for text in ("import yaml\ndef f(:", "(" * 50_000, "-" * 100_000 + "1", "x = '\0'", "# coding: no-such\n"):
            self.assertEqual(len(scanned({"main.py": text})["unreadable"]), 1, text[:20])


class Distributions(unittest.TestCase):
    def test_names(self):
        for name, expected in {
            "PIL.Image": ("pillow", True),
            "google.cloud.storage": ("google-cloud-storage", True),
            "google.cloud.dlp_v2": ("google-cloud-dlp-v2", False),
            "google": None,
            "azure.identity": ("azure-identity", False),
            "ruamel.yaml": ("ruamel.yaml", True),
            "some_thing": ("some-thing", False),
            "requests.adapters": ("requests", True),
        }.items():
            self.assertEqual(distributions.distribution_of(name), expected, name)

    def test_no_known_name_is_refused(self):
        known = distributions.NAMESAKES | distributions.DISTRIBUTIONS.keys()
        self.assertEqual(known & distributions.PRIVATE, set())
        self.assertEqual(known & distributions.PYTHON_2, set())


class Uses(unittest.TestCase):
    def uses(self, text):
        return {(one["need"], one["what"]) for one in scanned({"main.py": text})["uses"]}

    def test_processes(self):
        self.assertEqual(
            self.uses("import subprocess as sp\nfrom os import system\nsp.run(['x'])\nsystem('x')\n"),
            {("subprocesses", "subprocess.run"), ("subprocesses", "os.system")},
        )
        self.assertEqual(self.uses("import subprocess, os, multiprocessing\nmultiprocessing.cpu_count()\n"), set())
        self.assertEqual(self.uses("def f(x):\n try:\n  pass\n except subprocess.CalledProcessError:\n  pass\n"), set())
        pool = self.uses("from concurrent.futures import ProcessPoolExecutor\nwith ProcessPoolExecutor() as p: pass\n")
        self.assertEqual({need for need, _ in pool}, {"subprocesses", "shared-memory"})

    def test_network_and_hosts(self):
        text = "import requests\nURL = 'https://API.example.org/x'\nOTHER = 'http://a.example.org:8080'\nNO = 'https://'\n"
        found = scanned({"main.py": text})
        self.assertEqual([(one["need"], one["what"]) for one in found["uses"]], [("network", "requests")])
        self.assertEqual(found["hosts"], ["a.example.org:8080", "api.example.org:443"])
        self.assertEqual(self.uses("import socket\nsocket.gethostname()\n"), set())
        self.assertEqual(self.uses("import urllib.parse\nurllib.parse.quote('x')\n"), set())
        self.assertEqual(self.uses("import urllib.request\nurllib.request.urlopen('x')\n"), {("network", "urllib.request.urlopen")})

    def test_memory(self):
        self.assertEqual(self.uses("import pandas as pd\nimport numpy\n"), {("memory", "pandas")})


class Setup(unittest.TestCase):
    def test_literals(self):
        text = "from setuptools import setup\nREQ = ['six']\nsetup(install_requires=REQ, python_requires='>=3.9', version=open('x').read())\n"
        found = scanned({"main.py": "", "setup.py": text})
        self.assertEqual(found["setup"], {"install_requires": ["six"], "python_requires": ">=3.9"})
        self.assertEqual(scanned({"main.py": "", "setup.py": "from setuptools import setup\nsetup(install_requires=f())"})["setup"], {"install_requires": None})


if __name__ == "__main__":
    unittest.main()
