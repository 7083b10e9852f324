"""The decorator: it marks, and changes nothing."""

import os
import subprocess
import sys
import unittest

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "src")
FALLBACK = os.path.join(
    SOURCE, *[os.pardir] * 2, "packages", "crank", "src", "engines", "sandbox", "runtime", "fallback"
)

PROBE = """
import sys
sys.path.insert(0, sys.argv[1])
from crank_platform import Context, context, crank_service

@crank_service
def bare(a, b=2):
    "Doc."
    return a + b

@crank_service(name="x", content_type="image/png")
def options(): return 1

assert bare(1) == 3 and bare.__doc__ == "Doc." and bare.__crank_service__ == {
    "name": None, "content_type": None, "secrets": None, "workspaces": None,
}
assert options() == 1 and options.__crank_service__ == {
    "name": "x", "content_type": "image/png", "secrets": None, "workspaces": None,
}

@crank_service(secrets=["API_KEY"])
def asking(): return 1

assert asking() == 1 and asking.__crank_service__["secrets"] == ["API_KEY"]
assert Context(a=1).a == 1 and Context(a=1)["a"] == 1
try:
    Context().b
except AttributeError:
    pass
else:
    raise AssertionError("no attribute, no error")

context.progress(0.4, "silent where stderr is no terminal")
context.progress()
try:
    context.progress(1.4)
except ValueError:
    pass
else:
    raise AssertionError("more than all was done")
assert "http.client" not in sys.modules
"""

SHOWN = """
import sys
sys.path.insert(0, sys.argv[1])
from crank_platform import context

context.progress(0.42, "page 3 of 7")
context.progress(1, "done")
"""


class Service(unittest.TestCase):
    def test_decorator_here_and_inside_the_sandbox(self):
        # The sandbox carries a small one of its own, for scripts whose dependencies don't name the package.
        for folder in (SOURCE, FALLBACK):
            with self.subTest(folder):
                ran = subprocess.run(
                    [sys.executable, "-I", "-S", "-B", "-c", PROBE, folder], check=True, stderr=subprocess.PIPE
                )
                self.assertEqual(ran.stderr, b"")

    def test_progress_on_a_terminal(self):
        for folder in (SOURCE, FALLBACK):
            with self.subTest(folder):
                ours, theirs = os.openpty()
                subprocess.run([sys.executable, "-I", "-S", "-B", "-c", SHOWN, folder], check=True, stderr=theirs)
                shown = os.read(ours, 1000).decode()
                os.close(ours), os.close(theirs)
                self.assertEqual(shown, "\r\x1b[K 42% page 3 of 7\r\x1b[K100% done\r\n")


if __name__ == "__main__":
    unittest.main()
