"""Work on numbers."""

import math
import statistics
import time
from typing import Iterator

from crank_platform import context


def mean(values: list[float]) -> float:
    """The arithmetic mean of a list of numbers."""
    return statistics.fmean(values)


def greatest_common_divisor(a: int, b: int) -> int:
    """The greatest common divisor of two whole numbers."""
    return math.gcd(a, b)


def factorial(n: int) -> int:
    """The factorial of a whole number, with all its digits."""
    return math.factorial(n)


def primes(below: int) -> Iterator[int]:
    """Stream the prime numbers below a bound."""
    for n in range(2, below):
        if all(n % d for d in range(2, math.isqrt(n) + 1)):
            yield n


def convert_celsius(celsius: float) -> dict[str, float]:
    """Convert a temperature in Celsius to Fahrenheit and Kelvin."""
    return {"fahrenheit": celsius * 9 / 5 + 32, "kelvin": celsius + 273.15}


def wait(steps: int) -> str:
    """Wait, and tell how far that is."""
    for step in range(steps):
        context.progress(step / steps, f"step {step + 1}")
        time.sleep(0.2)
    return "waited"
