"""Attacks while it is imported: a copy of this has the name of the attack for NAME. Then it is a service like others."""

import sys

import attacker
from attacks import importing

SAID = importing.run("NAME", "MARK")


def said() -> object:
    return SAID


def count() -> int:
    """How often it was called by those who share memory with this call."""
    sys.crank_shared[0] += 1
    return sys.crank_shared[0]


def attempt(theme: str, name: str, mark: str) -> str:
    return attacker.attempt(theme, name, mark)


def add(a: int, b: int) -> int:
    return a + b
