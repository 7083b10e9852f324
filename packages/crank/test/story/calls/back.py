import time
from pathlib import Path
from typing import Iterator
from crank_platform import context, crank_service

@crank_service
def add(a: int, b: int) -> int:
    print("adding for", context.principal.name)
    return a + b

@crank_service
def fails(text: str) -> None:
    raise KeyError(text)

@crank_service
def around() -> None:
    context.call("front.around")

@crank_service
def through(n: int) -> int:
    return context.call("front.leaf", n=n)

@crank_service
def pause(seconds: float) -> str:
    time.sleep(seconds)
    return "awake"

@crank_service
def items(to: int) -> Iterator[int]:
    yield from range(to)

@crank_service
def page(text: str) -> Path:
    made = Path("page.txt")
    made.write_text(text)
    return made

@crank_service
def size(page: bytes) -> int:
    return len(page)

@crank_service
def person() -> dict:
    return {"name": "Ada", "mail": "ada@example.org"}

@crank_service(secrets=["API_KEY"])
def secret() -> str:
    return "the key is " + context.secrets["API_KEY"]
