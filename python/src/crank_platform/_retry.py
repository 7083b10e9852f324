"""When to ask again: the same rules as the client in TypeScript, held together by `vectors/client/retries.json`."""

from typing import NamedTuple, Optional


class Failure(NamedTuple):
    """What a try came to."""

    #: What the node's problem document says; None where no answer came, or one that is not a node's.
    retry: Optional[str] = None
    #: Of an answer that is not a node's: a proxy's.
    status: Optional[int] = None
    #: Seconds, of `Retry-After`.
    retry_after: Optional[float] = None


class RetryPolicy(NamedTuple):
    #: Tries after the first.
    retries: int = 2
    #: Milliseconds before the first of them; twice as long each time.
    base_ms: float = 250
    #: Longest wait, milliseconds. Where the node asks for a longer one, the error is raised instead.
    longest_ms: float = 30_000


def retry_delay(failure: Failure, again: bool, tries: int, policy: RetryPolicy, random: float) -> Optional[float]:
    """Milliseconds until the next try; None where there is none.

    Args:
        failure: What the last one came to.
        again: Whether the request may be made twice: it reads only, or has an idempotency key.
        tries: That were made.
        policy: How often and how long.
        random: From 0 to 1: clients that failed together should not come back together.
    """
    if tries > policy.retries or not _worthwhile(failure, again):
        return None
    if failure.retry_after is not None:
        wait = failure.retry_after * 1000
        return wait if wait <= policy.longest_ms else None
    return float(min(policy.base_ms * 2 ** (tries - 1), policy.longest_ms)) * (0.5 + random / 2)


def _worthwhile(failure: Failure, again: bool) -> bool:
    if failure.retry is not None:
        # `after` says that nothing was done; `same-key` that something may have been.
        return failure.retry == "after" or (failure.retry == "same-key" and again)
    return again and failure.status in (None, 502, 503, 504)
