"""Slow on purpose: prime numbers by trial division. Good for watching metering, deadlines and cancelling."""

import time
from dataclasses import dataclass
from math import isqrt


@dataclass
class PrimeCount:
    """How many primes there are below a limit."""

    limit: int
    primes: int
    largest: int
    cpu_seconds: float


@dataclass
class Search:
    """How far a search came."""

    largest: int
    tested: int
    cpu_seconds: float


def _is_prime(n: int) -> bool:
    if n < 4:
        return n > 1
    if n % 2 == 0:
        return False
    return all(n % d for d in range(3, isqrt(n) + 1, 2))


def count_primes(limit: int = 200_000) -> PrimeCount:
    """Counts the primes below a limit. The CPU time grows roughly with the 1.5th power of the limit.

    Args:
        limit: Where to stop; the limit itself is not tested. At least 3.

    Returns:
        The count, the largest prime found, and the CPU time as the script saw it (the receipt has the kernel's).

    Raises:
        ValueError: The limit is below 3.
    """
    if limit < 3:
        raise ValueError("limit must be at least 3")
    start, count, largest = time.process_time(), 0, 2
    for n in range(2, limit):
        if _is_prime(n):
            count, largest = count + 1, n
            if count % 50_000 == 0:
                print(f"{count} primes up to {n}", flush=True)
    return PrimeCount(limit, count, largest, round(time.process_time() - start, 3))


def search(seconds: float = 1.0, start: int = 1_000_000_000) -> Search:
    """Looks for primes upwards of a number until some CPU time is used up.

    Args:
        seconds: CPU time to use; ask for more than the limits or `Crank-Deadline` allow to see a call end.
        start: Where to begin.

    Returns:
        The last prime found (0 where there was none) and how many numbers were tested.
    """
    begin, n, largest = time.process_time(), start, 0
    while time.process_time() - begin < seconds:
        if _is_prime(n):
            largest = n
        n += 1
    return Search(largest, n - start, round(time.process_time() - begin, 3))


def _main() -> None:
    import sys

    print(count_primes(*(int(argument) for argument in sys.argv[1:2])))


if __name__ == "__main__":
    _main()
