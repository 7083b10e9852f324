"""The bench's peer: the same trivial function behind FastAPI, without governance, as an ordinary service has it."""

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Terms(BaseModel):
    """The body of a request, as a governed call has it."""

    a: int
    b: int


@app.post("/async/add")
async def add_async(terms: Terms) -> int:
    """Adds on the event loop: the least that FastAPI does for a call."""
    return terms.a + terms.b


@app.post("/sync/add")
def add_sync(terms: Terms) -> int:
    """Adds on FastAPI's thread pool, where blocking code belongs."""
    return terms.a + terms.b


@app.get("/readyz")
async def readyz() -> None:
    """Answers once the server is up."""
