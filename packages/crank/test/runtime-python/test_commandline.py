"""Command lines: how they are recognised, what their parsers give, and what words arguments become."""

import base64
import importlib.util
import json
import os
import sys
import tempfile
import unittest

from support import InvalidInput, LoadError, ServiceTest

from crank_runtime.commandline import detect
from crank_runtime.commandline.evidence import Evidence, look
from crank_runtime.commandline.files_named import role
from crank_runtime.commandline.words import words


def has(name):
    return importlib.util.find_spec(name) is not None


class CommandLineTest(ServiceTest):
    def in_child(self, act):
        """What `act()` gives, as JSON, in a process of its own whose output goes to files, as in a sandbox."""
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                for target in (1, 2):
                    os.dup2(os.open(tempfile.gettempdir(), os.O_TMPFILE | os.O_RDWR | os.O_APPEND, 0o600), target)
                sys.stdout = sys.__stdout__ = open(1, "w", encoding="utf-8", closefd=False)
                sys.stderr = sys.__stderr__ = open(2, "w", encoding="utf-8", closefd=False)
                try:
                    given = act()
                except BaseException as error:
                    given = {"raised": type(error).__name__, "message": str(error)}
                os.write(write, json.dumps(given).encode())
            finally:
                os._exit(0)
        os.close(write)
        with open(read, "rb") as file:
            text = file.read()
        os.waitpid(pid, 0)
        return json.loads(text)

    def offer(self, text, name="script.py"):
        """The service, and its operations by name."""
        service = self.load(text, name)
        described = self.in_child(service.describe)
        self.findings = described["findings"]
        return service, {one["name"]: one for one in described["operations"]}

    def run_line(self, text, arguments, operation="run", name="script.py"):
        service, operations = self.offer(text, name)
        context = json.dumps({"command": operations[operation]["command"]}).encode()
        data = json.dumps(arguments).encode()
        return self.in_child(lambda: json.loads(service.call(operation, data, context, [], 2**23)[1]))


class Detection(unittest.TestCase):
    def facts(self, text):
        return detect.facts(compile(text, "x", "exec", 0x400))

    def test_what_can_be_imported(self):
        for text in (
            "import sys\nname = sys.argv[0]\ndef f(): return sys.argv\n",
            "def f(): return input()\n",
            "if __name__ == '__main__':\n    import doctest\n    doctest.testmod()\n",
        ):
            facts = self.facts(text)
            self.assertFalse(facts.asks or facts.has_command_line, text)

    def test_what_needs_a_command_line(self):
        for text in (
            "import sys\nprint(len(sys.argv))\n",
            "from sys import argv\na, b = argv\n",
            "def main():\n    return ask()\ndef ask():\n    return input()\nmain()\n",
            "class A:\n    def go(self): input()\nA().go()\n",
            "import click\n@click.command()\ndef go(): ...\ngo()\n",
            "import typer\napp = typer.Typer()\napp()\n",
            "import sys\ndef main(): ...\nsys.exit(main())\n",
        ):
            self.assertTrue(self.facts(text).asks, text)

    def test_what_names_a_file(self):
        found = Evidence()
        look(compile("open(args.a)\nopen(args.b, 'w')\npd.read_csv(o['c'])\n", "x", "exec", 0x400), found)
        self.assertEqual((found.opened, found.written), ({"a", "c"}, {"b"}))
        for name, metavar, about, flags, what in (
            ("infile", None, "", [], "in"),
            ("x", "FILE", "", [], "in"),
            ("a", None, "", ["--a"], "in"),
            ("b", None, "", ["--b"], "out"),
            ("output_file", None, "", ["--output-file"], "out"),
            ("file_format", None, "format of the file", ["--file-format"], None),
            ("input", None, "Path to the input CSV file", ["--input"], "in"),
            ("title", None, "title of the file", ["--title"], None),
            ("source_dir", None, "a folder with files", [], None),
        ):
            self.assertEqual(role(name, metavar, about, flags, found), what, name)


ARGPARSE = """
    import argparse
    from pathlib import Path

    def build():
        p = argparse.ArgumentParser(description="What it does.")
        p.add_argument("infile", type=argparse.FileType("r"), nargs="?", default="-", help="to read, 100% of it")
        p.add_argument("rest", nargs="*", type=int)
        p.add_argument("-n", "--count", type=int, required=True)
        p.add_argument("--ratio", type=float, default=0.5)
        p.add_argument("--how", choices=["a", "b"])
        p.add_argument("--level", type=int, choices=range(3, 6))
        p.add_argument("-v", action="count", default=0)
        p.add_argument("--no-tab", dest="tab", action="store_false")
        p.add_argument("--loud", action="store_true")
        p.add_argument("--fast", dest="mode", action="store_const", const="fast")
        p.add_argument("--slow", dest="mode", action="store_const", const="slow")
        p.add_argument("--tag", action="append")
        p.add_argument("--pair", nargs=2, metavar=("A", "B"))
        p.add_argument("--log", nargs="?", const="x.log")
        p.add_argument("--table", type=Path)
        p.add_argument("--output", type=Path)
        p.add_argument("--version", action="version", version="1")
        return p

    def main():
        args = build().parse_args()
        print(sorted((k, v if k != "infile" else v.read()) for k, v in vars(args).items() if v is not None))

    if __name__ == "__main__":
        main()
"""


class Entrances(CommandLineTest):
    """Functions without parameters that the main part calls: those that only serve it are not offered beside it."""

    def offered(self, text):
        return set(self.offer(text)[1])

    def test_what_is_called_for_what_it_does(self):
        for end in ("main()", "import sys\n    sys.exit(main())", "raise SystemExit(main())", "import asyncio\n    asyncio.run(main())"):
            text = "def main():\n    print(1)\ndef other(): ...\nif __name__ == '__main__':\n    %s\n" % end
            self.assertEqual(self.offered(text), {"other", "run"}, end)

    def test_what_is_called_for_what_it_gives(self):
        text = "def solution():\n    return 233168\ndef mean(*args: int): return 1\nif __name__ == '__main__':\n    print(f'{solution() = }', mean(1))\n    solution()\n"
        self.assertEqual(self.offered(text), {"solution", "mean", "run"})

    def test_what_asks_is_never_one(self):
        text = "def ask():\n    return input()\nif __name__ == '__main__':\n    print(ask())\n"
        self.assertEqual(self.offered(text), {"run"})

    def test_what_a_docstring_shows(self):
        text = 'def main():\n    """\n    >>> main()\n    """\nif __name__ == "__main__":\n    main()\n'
        self.assertEqual(self.offered(text), {"main", "run"})


class Argparse(CommandLineTest):
    def test_parameters_are_typed_as_the_parser_names_them(self):
        _, operations = self.offer(ARGPARSE)
        self.assertEqual(list(operations), ["build", "run"])
        run = operations["run"]
        either = {"anyOf": [{"$ref": "#/$defs/File"}, {"type": "string"}]}
        bare = {name: {k: v for k, v in one.items() if k != "description"} for name, one in run["input"]["properties"].items()}
        self.assertEqual(
            bare,
            {
                "infile": dict(either, default="-"),
                "rest": {"type": "array", "items": {"type": "integer"}},
                "count": {"type": "integer"},
                "ratio": {"type": "number", "default": 0.5},
                "how": {"enum": ["a", "b"]},
                "level": {"type": "integer", "minimum": 3, "maximum": 5},
                "v": {"type": "integer", "minimum": 0, "default": 0},
                "tab": {"type": "boolean", "default": True},
                "loud": {"type": "boolean", "default": False},
                "mode": {"enum": ["fast", "slow"]},
                "tag": {"type": "array", "items": {"type": "string"}},
                "pair": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2},
                "log": {"anyOf": [{"type": "string"}, {"type": "boolean"}]},
                "table": either,
                "output": {"type": "string"},
                "stdin": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/File"}]},
                "files": {"type": "array", "items": {"$ref": "#/$defs/File"}},
            },
        )
        self.assertEqual(run["input"]["required"], ["count"])
        self.assertEqual(run["files"], ["infile", "table", "stdin", "files"])
        self.assertEqual(run["description"], "What it does.")

    def test_arguments_arrive_as_they_were_given(self):
        given = {
            "infile": {"name": "-odd.txt", "base64": base64.b64encode(b"hi").decode()},
            "rest": [-1, 2],
            "count": -3,
            "ratio": 1e-7,
            "how": "b",
            "level": 4,
            "v": 2,
            "tab": False,
            "loud": True,
            "mode": "slow",
            "tag": ["-x", "y z"],
            "pair": ["1", "2"],
            "log": True,
            "output": "o.txt",
        }
        result = self.run_line(ARGPARSE, given)
        self.assertEqual(result.get("exit_code"), 0, result)
        expected = dict(given, infile="hi", log="x.log")
        shown = dict(eval(result["stdout"].replace("PosixPath", "str")))
        self.assertEqual(shown, expected)
        plain = self.run_line(ARGPARSE, {"count": 1, "stdin": "typed", "tab": True, "loud": False, "log": False})
        shown = dict(eval(plain["stdout"]))
        self.assertEqual((shown["infile"], shown["tab"], shown["loud"], "log" in shown), ("typed", True, False, False))

    def test_a_positional_left_out_before_one_that_is_given(self):
        result = self.run_line(ARGPARSE, {"count": 1, "rest": [5], "stdin": "typed"})
        self.assertEqual(dict(eval(result["stdout"]))["infile"], "typed")
        text = "import argparse\np = argparse.ArgumentParser()\n"
        text += "p.add_argument('a', nargs='?')\np.add_argument('b', nargs='?')\nprint(p.parse_args())\n"
        self.assertEqual(self.run_line(text, {"b": "x"})["raised"], "InvalidInput")

    def test_what_the_parser_refuses_is_a_result(self):
        result = self.run_line(ARGPARSE, {"count": 1, "infile": "absent"})
        self.assertEqual(result["exit_code"], 2)
        self.assertIn("usage: script.py", result["stderr"])

    def test_a_parser_behind_another_and_what_it_leaves(self):
        text = """
            import argparse, sys
            first = argparse.ArgumentParser(add_help=False)
            first.add_argument("--config")
            known, rest = first.parse_known_args()
            p = argparse.ArgumentParser(parents=[first])
            p.add_argument("--name", default="x")
            if len(sys.argv) == 1:
                p.print_help(); sys.exit(1)
            print(p.parse_args(rest).name, known.config)
        """
        _, operations = self.offer(text)
        self.assertEqual([*operations["run"]["input"]["properties"]], ["config", "name", "files"])
        self.assertEqual(self.run_line(text, {"config": "c", "name": "n"})["stdout"], "n c\n")

    def test_a_parser_that_is_not_reached(self):
        text = "import argparse\nopen('absent.cfg')\nargparse.ArgumentParser().parse_args()\n"
        _, operations = self.offer(text)
        self.assertEqual([*operations["run"]["input"]["properties"]], ["args", "files"])
        self.assertIn("FileNotFoundError", self.findings[0]["message"])

    def test_subcommands_and_names_that_are_taken(self):
        text = """
            import argparse
            def add(a: int, b: int) -> int:
                return a + b
            def run(x: int) -> int:
                return x
            def show(args):
                print(args.files)
            if __name__ == "__main__":
                p = argparse.ArgumentParser()
                s = p.add_subparsers()
                s.add_parser("add", aliases=["plus"]).add_argument("n", type=int)
                o = s.add_parser("show-all")
                o.add_argument("files", nargs="*")
                o.set_defaults(func=show)
                args = p.parse_args()
                args.func(args) if hasattr(args, "func") else print(args.n)
        """
        _, operations = self.offer(text)
        self.assertEqual([*operations], ["add", "run", "cli_add", "show_all"])
        self.assertEqual([*operations["show_all"]["input"]["properties"]], ["files", "files_"])
        given = {"files": [{"name": "a.txt", "base64": ""}, "b.txt"], "files_": [{"name": "b.txt", "base64": ""}]}
        self.assertEqual(self.run_line(text, given, "show_all")["stdout"], "['a.txt', 'b.txt']\n")

    def test_digits_are_kept(self):
        plan = {"style": "argparse", "levels": [{"word": None, "params": [{"name": "x", "kind": "value", "flag": "--x", "form": "text"}]}]}
        from crank_runtime import jsontext

        given = jsontext.parse(b'{"x":1.10}', exact=True)
        self.assertEqual(words(plan, given, None), ["--x=1.10"])
        with self.assertRaises(InvalidInput):
            words(plan, {"x": "a\0b"}, None)


class Others(CommandLineTest):
    def test_optparse(self):
        text = """
            import optparse
            p = optparse.OptionParser(usage="%prog [options] NAME...")
            p.add_option("-n", "--number", type="int", default=1)
            p.add_option("-q", action="store_true", dest="quiet")
            p.add_option("--kind", type="choice", choices=["a", "b"])
            options, args = p.parse_args()
            print(options.number, options.quiet, options.kind, args)
        """
        result = self.run_line(text, {"number": -2, "quiet": True, "kind": "b", "args": ["x", "y"]})
        self.assertEqual(result["stdout"], "-2 True b ['x', 'y']\n")

    def test_what_is_left_open_is_written(self):
        text = """
            import atexit, threading, sys
            out = open("out.txt", "w")
            atexit.register(lambda: print("bye"))
            threading.Thread(target=lambda: out.write(sys.stdin.read())).start()
            print("hi")
        """
        result = self.run_line(text, {"stdin": "typed"})
        self.assertEqual(result["stdout"], "hi\nbye\n")
        self.assertEqual([one["base64"] for one in result["files"]], [base64.b64encode(b"typed").decode()])

    def test_answers_and_names(self):
        text = "name = input('Name? ')\nprint(__name__, __file__ and name)\n"
        result = self.run_line(text, {"answers": ["Ann"]})
        self.assertEqual(result["stdout"], "Name? __main__ Ann\n")
        self.assertEqual(self.run_line(text, {})["raised"], "EOFError")

    def test_marked_functions_are_all_there_is(self):
        text = "from crank_platform import crank_service\n@crank_service\ndef f(): ...\nif __name__ == '__main__':\n    f()\n"
        _, operations = self.offer(text)
        self.assertEqual([*operations], ["f"])

    def test_a_missing_import_is_still_found(self):
        with self.assertRaises(LoadError) as caught:
            self.load("import sys\nimport no_such_module\nprint(sys.argv)\n")
        self.assertIn("no_such_module", caught.exception.findings[0]["message"])

    def test_a_script_named_like_a_module_of_the_standard_library(self):
        result = self.run_line("import email.message, sys\nprint(sys.argv)\n", {"args": ["x"]}, name="calendar.py")
        self.assertEqual(result["stdout"], "['calendar.py', 'x']\n")
        self.assertTrue(hasattr(sys.modules["calendar"], "monthrange"))

    def test_a_package_that_is_started(self):
        self.write("pack/__init__.py", "")
        self.write("pack/part.py", "WORD = 'part'\n")
        text = "import sys\nfrom .part import WORD\nprint(WORD, __package__, sys.argv[1:])\n"
        self.assertEqual(self.run_line(text, {"args": ["x"]}, name="pack/__main__.py")["stdout"], "part pack ['x']\n")

    def test_a_notebook(self):
        cells = [["radius = 2"], ["!ls\n", "%time x = 1\n", "radius * x"], ["print('done')\n", "{'r': radius}"]]
        book = {"nbformat": 4, "cells": [{"cell_type": "code", "metadata": {}, "source": cell} for cell in cells]}
        result = self.run_line(json.dumps(book), {"radius": 5}, name="book.ipynb")
        self.assertEqual((result["stdout"], result["value"]), ("done\n", {"r": 5}))
        self.assertEqual(result["displays"], [{"text/plain": "5"}])
        with self.assertRaises(LoadError):
            self.load("{}", "bad.ipynb")

    @unittest.skipUnless(has("click"), "click is not installed")
    def test_click(self):
        text = """
            import click
            @click.group()
            @click.option("--debug/--no-debug")
            @click.pass_context
            def cli(ctx, debug): ctx.obj = debug
            @cli.command()
            @click.argument("src", type=click.Path(exists=True))
            @click.option("-n", "--count", default=1, type=click.IntRange(1, 9))
            @click.option("--tag", multiple=True)
            @click.option("--name", prompt="Your name")
            @click.pass_obj
            def show_it(debug, src, count, tag, name):
                "Shows it."
                click.echo(repr((debug, src, count, tag, name)))
            if __name__ == "__main__":
                cli()
        """
        service, operations = self.offer(text)
        (name,) = operations
        properties = operations[name]["input"]["properties"]
        self.assertEqual([*properties], ["debug", "src", "count", "tag", "name", "stdin", "answers", "files"])
        self.assertEqual((properties["count"]["minimum"], properties["count"]["maximum"]), (1, 9))
        given = {"src": {"name": "a", "base64": ""}, "debug": True, "tag": ["-x"], "answers": ["Ann"]}
        self.assertEqual(self.run_line(text, given, name)["stdout"], "Your name: (True, 'a', 1, ('-x',), 'Ann')\n")

    @unittest.skipUnless(has("typer"), "typer is not installed")
    def test_typer(self):
        text = """
            import typer
            def main(name: str, n: int = 1, formal: bool = False):
                print(name, n, formal)
            if __name__ == "__main__":
                typer.run(main)
        """
        self.assertEqual(self.run_line(text, {"name": "-a", "n": 2, "formal": True})["stdout"], "-a 2 True\n")

    @unittest.skipUnless(has("fire"), "fire is not installed")
    def test_fire(self):
        text = """
            import fire
            class Calculator:
                def __init__(self, offset=1): self._offset = offset
                def double(self, number, times: int = 1): return 2 * number * times + self._offset
                def say(self, text): return repr(text)
            if __name__ == "__main__":
                fire.Fire(Calculator)
        """
        self.assertEqual(self.run_line(text, {"number": 4, "offset": 7}, "double")["stdout"], "15\n")
        self.assertEqual(self.run_line(text, {"text": "10"}, "say")["stdout"], "'10'\n")

    @unittest.skipUnless(has("docopt"), "docopt is not installed")
    def test_docopt(self):
        text = '''
            """Ships.

            Usage:
              ships new <name>... [--speed=<kn>]
              ships move <x> <y>

            Options:
              --speed=<kn>  Speed [default: 10].
            """
            from docopt import docopt
            if __name__ == "__main__":
                found = docopt(__doc__)
                print(found["new"], found["<name>"], found["--speed"], found["<x>"])
        '''
        given = {"new": True, "name": ["a", "b"], "speed": 5}
        self.assertEqual(self.run_line(text.replace("\n            ", "\n"), given)["stdout"], "True ['a', 'b'] 5 None\n")


if __name__ == "__main__":
    unittest.main()
