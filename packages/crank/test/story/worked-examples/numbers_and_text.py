"""Numbers keep their digits, and text its letters."""

from __future__ import annotations


def power(base: int, exponent: int = 2) -> int:
    """
    >>> power(3)
    9
    >>> power(10, 30)
    1000000000000000000000000000000
    >>> power(base=2, exponent=53) + 1  # an expression, so it does not count
    9007199254740993
    >>> power(2, -1)
    Traceback (most recent call last):
        ...
    ValueError: the exponent must not be negative
    >>> power(1.5, 2)
    Traceback (most recent call last):
        ...
    TypeError: the base must be an integer
    """
    if not isinstance(base, int):
        raise TypeError("the base must be an integer")
    if exponent < 0:
        raise ValueError("the exponent must not be negative")
    return base**exponent


def halves(number: float) -> tuple[float, float | str]:
    """
    >>> halves(3.0)
    (1.5, 1.5)
    >>> halves(float("inf"))
    ('all', 'of it')
    """
    return ("all", "of it") if number == float("inf") else (number / 2, number / 2)


def shout(text: str, *more: str, sign: str = "!") -> str:
    """
    >>> shout("größe")
    'GRÖSSE!'
    >>> shout("a", "b", sign="?")
    'A B?'
    """
    return " ".join((text, *more)).upper() + sign


def rotate(data: bytes, by: int) -> bytes:
    r"""
    >>> rotate(b"abc\x00", 1)
    b'bc\x00a'
    """
    return data[by:] + data[:by]


def root(number: int) -> complex | float:
    """
    >>> root(4)
    2.0
    >>> root(-4)
    2j
    """
    return complex(0, (-number) ** 0.5) if number < 0 else number**0.5


def countdown(start: int) -> None:
    """Prints, and gives nothing.

    >>> countdown(0)
    0
    """
    print(*range(start, -1, -1))
