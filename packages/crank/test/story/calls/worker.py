from typing import Iterator
from crank_platform import context, crank_service

@crank_service
def steps(count: int) -> Iterator[int]:
    for n in range(count):
        context.progress(n / count, f"step {n} for {context.principal.name}")
        yield n

@crank_service
def refuse(count: int) -> Iterator[int]:
    context.progress(0, "looking")
    raise ValueError("no such thing")
    yield

@crank_service(secrets=["API_KEY"])
def leak() -> Iterator[int]:
    context.progress(0.5, "the key is " + context.secrets["API_KEY"])
    yield 1
