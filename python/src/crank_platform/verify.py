"""Verifies receipts of Crank offline, with nothing but Python: `python -m crank_platform.verify receipt.json --vkey VKEY`.

The same checks in the same order as the JavaScript package `crank-verify`; both are held to `vectors/receipt`.
"""

import argparse
import hashlib
import sys
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

from ._canonical_json import canonical_json, parse_canonical_json
from ._ed25519 import verify as _verify_ed25519
from ._log import (
    LOG,
    WITNESS,
    VerificationError,
    Vkey,
    VkeyError,
    decode_base64,
    included,
    parse_checkpoint,
    parse_proof,
    verify_note,
)
from ._policy import PolicyError, TrustPolicy
from ._receipt import open_commitments, parse_file, parse_statement, verify_envelope

__all__ = [
    "PolicyError",
    "TrustPolicy",
    "VerificationError",
    "VerifiedReceipt",
    "Vkey",
    "VkeyError",
    "follow_handovers",
    "verify_receipt",
]


@dataclass(frozen=True)
class VerifiedReceipt:
    """What was found to hold."""

    id: str
    #: `call` or `act`
    kind: str
    predicate: Dict[str, Any]
    #: name of the log, and of the key that signed
    origin: str
    vkey: str
    #: position in the log, from 0
    index: int
    #: of the log's head that covers it
    size: int
    root: bytes
    #: log entry: SHA-256 of the envelope
    entry: bytes
    #: names of other trusted keys whose signatures on the head hold: witnesses
    cosigned: Tuple[str, ...]
    #: when they did by their own clocks, seconds since 1970, by name
    cosigned_at: Dict[str, int]
    #: signatures on the head that were not checked
    unchecked: Tuple[str, ...]
    #: for `subject` (the output) and `input`: `absent`, `salt` or `bytes`
    opened: Dict[str, str]


def verify_receipt(
    file: Union[bytes, str],
    vkeys: Sequence[Union[str, Vkey]],
    *,
    policy: Optional[TrustPolicy] = None,
    output: Optional[bytes] = None,
    input: Optional[bytes] = None,
    unknown_signatures: str = "refuse",
) -> VerifiedReceipt:
    """Verifies a receipt file offline. A single changed bit anywhere makes it fail.

    Args:
        file: the receipt file's content
        vkeys: trusted verifier keys of logs and witnesses, `NAME+ID+KEY`: pinned or given, never taken from the
            receipt; or what `follow_handovers` made of them
        policy: more logs and witnesses to trust, and how many of the witnesses must have cosigned
        output: the bytes that were answered, where they are to be compared
        input: the bytes of the input, where they are to be compared
        unknown_signatures: `refuse`, or `ignore` signatures on the log's head by keys that are not among `vkeys`

    Raises:
        VerificationError: `part` names what does not hold
        VkeyError: a key given is malformed, or none is
    """
    keys = [key if isinstance(key, Vkey) else Vkey.parse(key) for key in vkeys]
    if policy is not None:
        keys += policy.logs + [key for _, key in policy.witnesses]
    if not keys:
        raise VkeyError("No verifier key was given: a receipt proves nothing without one.")
    value = parse_file(file.encode() if isinstance(file, str) else bytes(file))
    key, payload = verify_envelope(value["envelope"], [key for key in keys if key.type == LOG])
    name, kind, commitment, salts, predicate = parse_statement(payload)
    index, hashes, note = parse_proof(value["proof"])
    head = verify_note(note, keys)
    origin, size, root = parse_checkpoint(head.text)
    _demand_own(origin, size, head.verified)
    if origin != key.name:
        raise VerificationError("checkpoint", f"{key.name} signed the statement, but the checkpoint is of {origin}.")
    if head.unknown and unknown_signatures != "ignore":
        raise VerificationError(
            "checkpoint",
            f"The checkpoint also carries signatures that cannot be checked without their keys: {', '.join(head.unknown)}.",
        )
    if policy is not None:
        policy.demand_quorum(head.verified)
    if key.term is not None and not key.signs(index):
        raise VerificationError(
            "signature",
            f"Entry {index} is signed by {key.text}, which the log's hand-overs give the entries {key.term[0]} to "
            f"{key.term[1]} only: that key was in use outside its time.",
        )
    entry = hashlib.sha256(canonical_json(value["envelope"]).encode()).digest()
    if not included(hashes, index, size, hashlib.sha256(b"\x00" + entry).digest(), root):
        raise VerificationError(
            "inclusion",
            f"The proof does not lead from this envelope at index {index} to the signed root of {origin} at size {size}.",
        )
    committed = {"subject": commitment, "input": predicate.get("input") if kind == "call" else None}
    opened = open_commitments(value["openings"], committed, salts, {"subject": output, "input": input})
    cosigned = tuple(by.name for by in head.verified if by.name != origin or by.type == WITNESS)
    return VerifiedReceipt(
        name,
        kind,
        predicate,
        origin,
        key.text,
        index,
        size,
        root,
        entry,
        cosigned,
        head.times,
        head.unknown,
        opened,
    )


def _demand_own(origin: str, size: int, verified: Sequence[Vkey]) -> None:
    """A log signs its own head, with the key that is in use at that size."""
    own = [key for key in verified if key.name == origin and key.type == LOG]
    if not own:
        raise VerificationError("checkpoint", f"The checkpoint is of the log {origin}, which did not sign it.")
    for key in own:
        if key.term is not None and not key.signs(size - 1):
            raise VerificationError(
                "checkpoint",
                f"The checkpoint of size {size} is signed by {key.text}, which the log's hand-overs give the entries "
                f"{key.term[0]} to {key.term[1]} only: that key was in use outside its time.",
            )


def _verify_handover(line: str) -> Tuple[Vkey, Vkey, int]:
    """Old key, new key and the last entry of the old one: the old key signed it, and the new one agreed to it."""

    def wrong(why: str) -> VerificationError:
        return VerificationError("handover", f"A hand-over does not hold: {why}.")

    try:
        payload = decode_base64(parse_file(line.encode())["envelope"]["payload"])
        said = parse_canonical_json((payload or b"").decode())["predicate"]["object"]
        old, new, acceptance = Vkey.parse(said["from"]), Vkey.parse(said["to"]), decode_base64(said["acceptance"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise wrong("it does not name an old and a new key") from None
    if old.name != new.name or old.type != LOG or new.type != LOG:
        raise wrong(f"{new.text} is not a key of the log {old.name}")
    # The head in the file is the last one that the old key signed.
    receipt = verify_receipt(line, [old], unknown_signatures="ignore")
    if receipt.predicate.get("kind") != "log.rotate-key":
        raise wrong(f"{receipt.id} is the receipt of something else")
    message = f"Crank key hand-over v1\n{old.text}\n{new.text}\n{receipt.index}\n".encode()
    if acceptance is None or not _verify_ed25519(new.public_key, message, acceptance):
        raise wrong(f"the new key {new.text} did not sign that it takes over behind entry {receipt.index}")
    return old, new, receipt.index


def follow_handovers(text: str, vkeys: Sequence[str]) -> List[Vkey]:
    """The keys of a log that pinned keys vouch for, each bound to the entries of its time.

    Forwards, since the old key signed the hand-over; backwards, since the new key signed it, too. An old key that
    somebody stole later signs nothing that verifies.

    Args:
        text: receipts of hand-overs, one a line, as `GET /log/handovers` gives them
        vkeys: pinned keys; those of witnesses and other logs come back as they are

    Raises:
        VerificationError: one does not hold (`handover`), or two contradict one another
        VkeyError: a pinned key is malformed
    """
    handovers = [_verify_handover(line + "\n") for line in text.split("\n") if line]
    keys = {vkey: Vkey.parse(vkey) for vkey in vkeys}
    known = -1
    while known != len(keys):
        known = len(keys)
        for old, new, _ in handovers:
            if old.text in keys:
                keys.setdefault(new.text, new)
            elif new.text in keys:
                keys[old.text] = old
    bound = []
    for key in keys.values():
        begun = [index for _, new, index in handovers if new.text == key.text]
        ended = [index for old, _, index in handovers if old.text == key.text]
        if len(begun) > 1 or len(ended) > 1:
            raise VerificationError(
                "handover",
                f"A hand-over does not hold: {key.text} {'took over' if len(begun) > 1 else 'was handed over'} twice; "
                "keep the file, it proves that.",
            )
        term = (begun[0] + 1 if begun else 0, ended[0] if ended else 2**53 - 1) if begun or ended else None
        bound.append(replace(key, term=term))
    return bound


def main(argv: Optional[Sequence[str]] = None) -> int:
    """The command line. Returns 0 where everything holds, 5 where not, 2 where it was called wrongly."""
    parser = argparse.ArgumentParser(prog="python -m crank_platform.verify", description=__doc__)
    parser.add_argument("file", help="a receipt file, or receipts line by line (*.ndjson of an export)")
    parser.add_argument("--vkey", action="append", default=[], help="trusted verifier key; may be repeated")
    parser.add_argument("--policy", help="file with a trust policy (C2SP tlog-policy): logs, witnesses, quorum")
    parser.add_argument("--handovers", help="file with the log's hand-overs, as /log/handovers gives them")
    parser.add_argument("--output", help="file with the bytes that were answered")
    parser.add_argument("--input", help="file with the bytes of the input")
    arguments = parser.parse_args(argv)

    def read(path: Optional[str]) -> Optional[bytes]:
        if path is None:
            return None
        with open(path, "rb") as file:
            return file.read()

    try:
        lines = [line + b"\n" for line in (read(arguments.file) or b"").split(b"\n")[:-1]] or [b""]
        given = {"output": read(arguments.output), "input": read(arguments.input)}
        policy = None if arguments.policy is None else TrustPolicy.parse(_text(read(arguments.policy)))
        keys: List[Union[str, Vkey]] = list(arguments.vkey)
        if arguments.handovers is not None:
            pinned = arguments.vkey + [log.text for log in (policy.logs if policy else [])]
            keys = list(follow_handovers(_text(read(arguments.handovers)), pinned))
            # The policy's logs are among them, bound to their time.
            policy = policy and replace(policy, logs=[])
        for line in lines:
            receipt = verify_receipt(line, keys, policy=policy, unknown_signatures="ignore", **given)
            about = receipt.predicate
            what = (
                f"{about['account']}/{about['service']}.{about['operation']}, {about['outcome']}"
                if receipt.kind == "call"
                else about["kind"]
            )
            print(f"{receipt.id} verified: {what}; entry {receipt.index} of {receipt.size} in the log {receipt.origin}")
            if receipt.cosigned:
                print(f"  cosigned by {', '.join(_witness(name, receipt.cosigned_at.get(name)) for name in receipt.cosigned)}")
    except VerificationError as error:
        print(f"NOT verified: {error.part}: {error}")
        return 5
    except (PolicyError, VkeyError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _text(data: Optional[bytes]) -> str:
    try:
        return (data or b"").decode()
    except UnicodeDecodeError:
        raise PolicyError("The file is not UTF-8.") from None


def _witness(name: str, time: Optional[int]) -> str:
    return name if time is None else f"{name} at {datetime.fromtimestamp(time, timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


if __name__ == "__main__":
    sys.exit(main())
