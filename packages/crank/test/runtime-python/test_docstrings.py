"""Docstrings in the three styles, and in none."""

import unittest

import support  # noqa: F401 - puts the runtime on the path
from crank_runtime.docstrings import parse, summary

GOOGLE = """Summary line.

    Body, with a colon: like this.

    Args:
        first (int): The first,
            going on.
        second (Dict[str, int], optional): The second: with a colon.
        *rest: The others.
        **options: More.

    Returns:
        int: A number.

    Raises:
        ValueError: never.

    Last words.
    """

NUMPY = """Summary line.

    Body.

    Parameters
    ----------
    first : int
        The first,
        going on.
    second, third : array_like, optional
        Both.

    Returns
    -------
    int
        A number.
    """

SPHINX = """Summary line.

    Body.

    :param first: The first,
        going on.
    :param int second: The second.
    :type first: int
    :returns: A number.
    :rtype: int
    """


class Docstrings(unittest.TestCase):
    def test_google(self):
        description, parameters = parse(GOOGLE)
        self.assertEqual(description, "Summary line.\n\nBody, with a colon: like this.\n\nLast words.")
        self.assertEqual(
            parameters,
            {
                "first": "The first, going on.",
                "second": "The second: with a colon.",
                "rest": "The others.",
                "options": "More.",
            },
        )

    def test_numpy(self):
        description, parameters = parse(NUMPY)
        self.assertEqual(description, "Summary line.\n\nBody.")
        self.assertEqual(parameters, {"first": "The first, going on.", "second": "Both.", "third": "Both."})

    def test_sphinx(self):
        description, parameters = parse(SPHINX)
        self.assertEqual(description, "Summary line.\n\nBody.")
        self.assertEqual(parameters, {"first": "The first, going on.", "second": "The second."})

    def test_examples_are_left_out(self):
        self.assertEqual(parse("Adds.\n\n>>> add(1, 2)\n3\n\nMore.")[0], "Adds.\n\nMore.")
        self.assertEqual(parse("Adds.\n\nExamples:\n>>> add(1, 2)\n3\n")[0], "Adds.")
        self.assertEqual(parse("\n>>> add(1, 2)\n3\n"), ("", {}))

    def test_odd_ones(self):
        for text in (None, "", "   ", "\n\n", "Args:", "Args:\n", "Parameters\n---", ":param", ":param x", 7):
            with self.subTest(text):
                self.assertEqual(parse(text)[1], {})

    def test_summary(self):
        self.assertEqual(summary("\n    One\n    two.\n\n    Three."), "One two.")
        self.assertEqual(summary(None), "")


if __name__ == "__main__":
    unittest.main()
