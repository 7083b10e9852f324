import asyncio
from typing import Iterator
from crank_platform import CallError, context

def add(a: int, b: int) -> int:
    return context.call("back.add", a=a, b=b)

def sums(count: int) -> list[int]:
    async def all():
        return await asyncio.gather(*[context.call_async("back.add", a=n, b=1) for n in range(count)])
    return asyncio.run(all())

def hear(target: str, arguments: dict) -> dict:
    try:
        return {"result": context.call(target, **arguments)}
    except CallError as problem:
        return problem.problem

def fails(text: str) -> None:
    context.call("back.fails", text=text)

def loop() -> None:
    context.call("front.loop")

def around() -> None:
    context.call("back.around")

def through(n: int) -> int:
    return context.call("back.through", n=n)

def leaf(n: int) -> int:
    return n

def waits(seconds: float) -> str:
    return context.call("back.pause", seconds=seconds)

def many(count: int) -> int:
    for n in range(count):
        context.call("front.leaf", n=n)
    return count

def then(seconds: float) -> Iterator[str]:
    yield "begun"
    yield context.call("back.pause", seconds=seconds)
    yield context.call("back.pause", seconds=0)
