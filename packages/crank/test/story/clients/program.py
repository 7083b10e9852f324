"""The Python client against a real node, with the service that the story of the clients deployed (`ops`)."""

import asyncio
import io
import tempfile
from pathlib import Path

from crank_platform import (
    AsyncClient,
    Client,
    File,
    InvalidRequest,
    NotVerified,
    Refused,
    ServiceFailed,
    Trust,
    Unreachable,
)

client = Client()
vkey = client.api.log_key().strip()
trust = Trust([vkey])
strict = Client(verify=trust)

# Values, digit for digit; names with account and version.
assert client.call("ops", "power", base=2**70, exponent=2) == 2**140
assert client.call("default/ops@latest", "power", base=3, exponent=3) == 27
assert client.call("ops", "same", value="1") == "1"

# Deploying, and files in both directions.
with tempfile.TemporaryDirectory() as folder:
    script = Path(folder) / "twice.py"
    script.write_text("def twice(x: int) -> int:\n    return 2 * x\n")
    assert client.deploy(script)["created"] is True
    text = Path(folder) / "a.txt"
    text.write_text("hé")
    loud = client.call("ops", "shout", text=text, times=2)
    assert (loud.name, loud.data.decode()) == ("läut.txt", "HÉHÉ")
    sizes = client.call("ops", "sizes", files=[text, File('"b".txt', "text/plain", b"22"), io.StringIO("333")], label="1")
    assert sizes == {"1:a.txt": 3, '1:"b".txt': 2, "1:data.bin": 3}, sizes

# Streams.
told = []
stream = client.stream("ops", "count", {"to": 3}, on_progress=lambda fraction, message: told.append(message))
assert list(stream) == [0, 1, 2] and stream.end["outcome"] == "ok" and "item 0" in told
seen = []
try:
    for item in client.call("ops", "count", to=9):
        seen.append(item)
    raise AssertionError("no error came")
except ServiceFailed as error:
    assert (seen, error.code, error.exception["type"]) == ([0, 1, 2, 3, 4], "script-error", "ValueError")

# Errors by kind.
for kind, code, ask in (
    (InvalidRequest, "invalid-input", lambda: client.call("ops", "power", base="x", exponent=1)),
    (InvalidRequest, "not-found", lambda: client.call("ops", "gone")),
    (Refused, "unauthenticated", lambda: Client(key="crk_no").api.list_keys()),
    (ServiceFailed, "timeout", lambda: client.run("ops", "slow", {"steps": 200}, deadline="300ms")),
    (Unreachable, "unavailable", lambda: Client("http://127.0.0.1:1", retries=0).api.list_keys()),
):
    try:
        ask()
        raise AssertionError("no error came: %s" % code)
    except kind as error:
        assert error.code == code, error

# Jobs.
job = client.submit("ops", "slow", {"steps": 3})
assert [state["state"] for state in job][-1] == "ended" and job.result().value == 3
assert client.job(job.id).result().value == 3

# Receipts, against a pinned key and the bytes that were sent and answered.
answer = strict.run("ops", "power", {"base": 2, "exponent": 3})
assert answer.receipt.opened == {"subject": "bytes", "input": "bytes"}, answer.receipt
assert list(strict.call("ops", "count", to=2)) == [0, 1]
assert list(strict.stream("ops", "count", {"to": 2}, on_progress=lambda *_: None)) == [0, 1]
assert strict.submit("ops", "slow", {"steps": 1}).result().receipt.opened["subject"] == "bytes"
assert strict.run_code("def double(x: int) -> int:\n    return 2 * x\n", {"x": 4}).receipt.predicate["outcome"] == "ok"
try:
    strict.verify(answer.call, trust, output=b"9")
    raise AssertionError("it does not hold")
except NotVerified as error:
    assert error.part == "openings"

# The rest of the API, by its names.
made = client.api.create_key({"name": "python", "role": "caller"})
assert Client(key=made["key"]).call("twice", "twice", x=4) == 8
client.api.revoke_key(made["id"])
client.api.create_workspace({"name": "py"})
client.api.put_workspace_file("py", "a/b c.txt", b"text")
assert client.api.get_workspace_file("py", "a/b c.txt").data == b"text"
assert [each["path"] for each in client.api.list_workspace_files("py", deep=True)["files"]][-1] == "a/b c.txt"
client.api.remove_workspace("py")


async def awaited() -> None:
    async with AsyncClient() as crank:
        assert await asyncio.gather(*(crank.call("twice", "twice", x=x) for x in range(8))) == [2 * x for x in range(8)]
        assert [item async for item in crank.stream("ops", "count", {"to": 3})] == [0, 1, 2]
        job = await crank.submit("ops", "slow", {"steps": 2})
        assert [state["state"] async for state in job][-1] == "ended" and (await job.result()).value == 2
        assert (await crank.api("list_jobs", service="ops"))["jobs"][0]["id"] == job.id
        # Whoever stops waiting ends the call.
        waiting = asyncio.ensure_future(crank.run("ops", "slow", {"steps": 500}))
        await asyncio.sleep(0.5)
        waiting.cancel()
        try:
            await waiting
            raise AssertionError("it was cancelled")
        except asyncio.CancelledError:
            pass
        for _ in range(100):
            newest = (await crank.api("list_calls", service="ops"))["calls"][0]
            if newest["operation"] == "slow" and newest["outcome"] == "cancelled":
                break
            await asyncio.sleep(0.05)
        else:
            raise AssertionError("the node did not end the call: %r" % (newest,))


asyncio.run(awaited())
print("all as it should be")
