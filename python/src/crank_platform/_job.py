"""Calls that outlive their request."""

import json
import time
from typing import Any, Callable, Dict, Iterator, Optional

from ._result import Answer, decode
from ._transport import Answered, Transport, quoted

#: After a connection that broke, seconds.
_AGAIN = 0.5


class Job:
    """A call that outlives its request. Iterating gives its states until it has ended; a broken connection is made again.

    Attributes:
        id: Of the call, and of its receipt.
        state: As it was when last heard of; None where only its id is known.
    """

    def __init__(
        self,
        transport: Transport,
        id: str,
        state: Optional[Dict[str, Any]] = None,
        check: Optional[Callable[[Answer, bytes], Answer]] = None,
    ) -> None:
        self.id = id
        self.state = state
        self._transport = transport
        self._path = "/v1/jobs/%s" % quoted(id)
        self._check = check

    def refresh(self) -> Dict[str, Any]:
        """How far it is now."""
        return self._heard("GET", self._path)

    def __iter__(self) -> Iterator[Dict[str, Any]]:
        while True:
            events = self._transport.send("GET", self._path + "/events", lambda answered: answered)
            try:
                for line in events.lines():
                    if line.startswith(b"data:"):
                        state: Dict[str, Any] = json.loads(line[5:])
                        self.state = state
                        yield state
                        if state["state"] == "ended":
                            return
            except OSError:
                pass
            finally:
                events.close()
            time.sleep(_AGAIN)

    def done(self) -> Dict[str, Any]:
        """Waits until it has ended."""
        last = self.state
        if last is None or last["state"] != "ended":
            for last in self:
                pass
        assert last is not None
        return last

    def result(self) -> Answer:
        """Waits until it has ended, and gives what the call came to.

        Raises:
            CrankError: Also that which the call ended with.
        """
        self.done()

        def read(answered: Answered) -> "tuple[Answered, bytes]":
            return answered, answered.read()

        answered, data = self._transport.send("GET", self._path + "/result", read)
        about = answered.headers
        answer = Answer(decode(answered, data), about.get("Crank-Call"), about.get("Crank-Version"))
        return answer if self._check is None else self._check(answer, data)

    def cancel(self) -> Dict[str, Any]:
        """Ends it; of one that has ended, deletes the result."""
        return self._heard("DELETE", self._path)

    def approve(self) -> Dict[str, Any]:
        """Lets it run, where it waits for a second principal."""
        return self._heard("POST", self._path + "/approve")

    def reject(self) -> Dict[str, Any]:
        """Ends it, where it waits for a second principal."""
        return self._heard("POST", self._path + "/reject")

    def _heard(self, method: str, path: str) -> Dict[str, Any]:
        state: Dict[str, Any] = self._transport.send(method, path, lambda answered: json.loads(answered.read()))
        self.state = state
        return state
