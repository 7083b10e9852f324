"""The service that attacks, and then says what it sees."""

import errno

from attacks import network, state, surroundings

THEMES = {"network": network, "state": state}


def attempt(theme: str, name: str, mark: str) -> str:
    """`mark`: in the name of whatever is made, so that the host can look for it."""
    try:
        return "it worked: %r" % (THEMES[theme].ACTS[name](mark),)
    except OSError as problem:
        return "refused: " + errno.errorcode.get(problem.errno, str(problem))
    except (MemoryError, RuntimeError, ValueError, OverflowError) as problem:
        return "refused: " + type(problem).__name__


def look() -> dict:
    return surroundings.look()


def numbers() -> list:
    return state.numbers()


def add(a: int, b: int) -> int:
    return a + b
