"""Verifies receipts of Crank offline, with nothing but Python: `python -m crank_platform.verify receipt.json --vkey VKEY`.

The same checks in the same order as the JavaScript package `crank-verify`; both are held to `vectors/receipt`.
"""

import argparse
import hashlib
import re
import sys
from dataclasses import dataclass
from typing import Any, Dict, Optional, Sequence, Tuple, Union

from ._canonical_json import canonical_json, parse_canonical_json, wrong_members
from ._ed25519 import verify as _verify_ed25519
from ._log import (
    VerificationError,
    Vkey,
    VkeyError,
    decode_base64,
    included,
    parse_checkpoint,
    parse_proof,
    verify_note,
)

__all__ = ["VerificationError", "VerifiedReceipt", "Vkey", "VkeyError", "verify_receipt"]

STATEMENT = "https://in-toto.io/Statement/v1"
CALL_PREDICATE = "https://crank.dev/receipt/call/v1"
ACT_PREDICATE = "https://crank.dev/receipt/act/v1"

_IN_TOTO = "application/vnd.in-toto+json"
_MAX_BYTES = 1 << 20
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_STRINGS = {
    "call": ["call", "stage", "received", "finished", "node", "account", "service", "version", "operation", "outcome"],
    "act": ["act", "kind", "time", "node", "account"],
}
_OBJECTS = {"call": ["principal", "usage", "charge"], "act": ["principal", "object"]}


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
    #: names of other trusted keys whose signatures on the head hold
    cosigned: Tuple[str, ...]
    #: signatures on the head that were not checked
    unchecked: Tuple[str, ...]
    #: for `subject` (the output) and `input`: `absent`, `salt` or `bytes`
    opened: Dict[str, str]


def _parse_file(data: bytes) -> Dict[str, Any]:
    def wrong(why: str) -> VerificationError:
        return VerificationError(
            "file", f"This is not a receipt as it was issued: {why}. Any change counts; get the file again."
        )

    if len(data) > _MAX_BYTES:
        raise wrong(f"it is larger than {_MAX_BYTES} bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise wrong("it is not UTF-8") from None
    if not text.endswith("\n"):
        raise wrong("it does not end with a newline")
    try:
        value = parse_canonical_json(text[:-1])
    except ValueError as error:
        raise wrong(str(error)) from None
    if not isinstance(value, dict):
        raise wrong("it is no object")
    members = wrong_members(value, ["envelope", "openings", "proof"])
    if members:
        raise wrong(members)
    return value


def _verify_envelope(value: Any, keys: Sequence[Vkey]) -> Tuple[Vkey, bytes]:
    def wrong(why: str) -> VerificationError:
        return VerificationError("envelope", f"The envelope is not in DSSE form: {why}.")

    if not isinstance(value, dict):
        raise wrong("it is no object")
    members = wrong_members(value, ["payload", "payloadType", "signatures"])
    if members:
        raise wrong(members)
    if value["payloadType"] != _IN_TOTO:
        raise wrong(f"the payload type is not {_IN_TOTO}")
    payload = decode_base64(value["payload"])
    if payload is None:
        raise wrong("the payload is not canonical base64")
    signatures = value["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1 or not isinstance(signatures[0], dict):
        raise wrong("it does not have exactly one signature")
    members = wrong_members(signatures[0], ["keyid", "sig"])
    if members:
        raise wrong(f"in the signature, {members}")
    keyid, signature = signatures[0]["keyid"], decode_base64(signatures[0]["sig"])
    if not isinstance(keyid, str):
        raise wrong("the key id is no text")
    if signature is None or len(signature) != 64:
        raise wrong("the signature is not the canonical base64 of 64 bytes")
    key = next((key for key in keys if key.hint == keyid), None)
    if key is None:
        raise VerificationError(
            "signature",
            f"The envelope names {keyid!r} as its signer; you trust {', '.join(key.hint for key in keys)}.",
        )
    # What is signed (DSSE, "pre-authentication encoding").
    signed = f"DSSEv1 {len(_IN_TOTO)} {_IN_TOTO} {len(payload)} ".encode() + payload
    if not _verify_ed25519(key.public_key, signed, signature):
        raise VerificationError(
            "signature",
            f"The signature of {key.name} does not match the statement: one of them was changed after signing.",
        )
    return key, payload


def _parse_statement(payload: bytes) -> Tuple[str, str, str, Dict[str, str], Dict[str, Any]]:
    """Id, kind, commitment to the output, digests of the salts, predicate."""

    def wrong(why: str) -> VerificationError:
        return VerificationError("statement", f"The envelope is signed, but what it holds is no receipt: {why}.")

    def is_digest(value: Any) -> bool:
        return isinstance(value, str) and _DIGEST.fullmatch(value) is not None

    try:
        value = parse_canonical_json(payload.decode())
    except ValueError as error:
        raise wrong(str(error)) from None
    if not isinstance(value, dict):
        raise wrong("it is no object")
    members = wrong_members(value, ["_type", "predicate", "predicateType", "subject"])
    if members:
        raise wrong(members)
    if value["_type"] != STATEMENT:
        raise wrong(f"its type is not {STATEMENT}")
    kind = {CALL_PREDICATE: "call", ACT_PREDICATE: "act"}.get(str(value["predicateType"]))
    if kind is None:
        raise wrong(f"its predicate type {value['predicateType']!r} is not known to this verifier")
    predicate = value["predicate"]
    if not isinstance(predicate, dict):
        raise wrong("the predicate is no object")
    for names, type_ in ((_STRINGS[kind], str), (_OBJECTS[kind], dict)):
        for name in names:
            if not isinstance(predicate.get(name), type_):
                raise wrong(f'the predicate has no "{name}"')
    subjects = value["subject"]
    if not isinstance(subjects, list) or len(subjects) != 1 or not isinstance(subjects[0], dict):
        raise wrong("it does not have exactly one subject")
    members = wrong_members(subjects[0], ["digest", "name"])
    if members:
        raise wrong(f"in the subject, {members}")
    name, digest = subjects[0]["name"], subjects[0]["digest"]
    if not isinstance(name, str) or name == "":
        raise wrong("the subject has no name")
    if not isinstance(digest, dict) or wrong_members(digest, ["sha256"]):
        raise wrong("the subject has no SHA-256")
    commitment = f"sha256:{digest['sha256']}"
    if not is_digest(commitment):
        raise wrong("the subject's digest is not 64 hexadecimal digits")
    if predicate.get("stage") != "opening" and predicate[kind] != name:
        raise wrong("subject and predicate name different ids")
    salts = predicate.get("salts")
    if not isinstance(salts, dict) or wrong_members(salts, ["subject"], ["input"]):
        raise wrong('"salts" is missing')
    if not all(is_digest(salt) for salt in salts.values()):
        raise wrong('"salts" are no digests')
    if kind == "call" and not is_digest(predicate.get("input")):
        raise wrong("the predicate has no commitment to the input")
    return name, kind, commitment, salts, predicate


def _open(value: Any, committed: Dict[str, Optional[str]], salts: Dict[str, str], given: Dict[str, Optional[bytes]]):
    def wrong(why: str) -> VerificationError:
        return VerificationError("openings", why)

    if not isinstance(value, dict):
        raise wrong("The openings are no object.")
    members = wrong_members(value, [], ["subject", "input"])
    if members:
        raise wrong(f"The openings are malformed: {members}.")
    opened = {}
    for name, what in (("subject", "output"), ("input", "input")):
        data = given[name]
        if name not in value:
            if data is not None:
                raise wrong(f"The {what} cannot be checked: the receipt has no salt for it.")
            opened[name] = "absent"
            continue
        salt = decode_base64(value[name])
        if salt is None or len(salt) != 32:
            raise wrong(f"The salt of the {what} is not the canonical base64 of 32 bytes.")
        digest = "sha256:" + hashlib.sha256(b"crank-salt-v1\x00" + salt).hexdigest()
        if committed[name] is None or digest != salts.get(name):
            raise wrong(f"The salt of the {what} is not the one that was signed.")
        if data is None:
            opened[name] = "salt"
        elif "sha256:" + hashlib.sha256(salt + data).hexdigest() == committed[name]:
            opened[name] = "bytes"
        else:
            raise wrong(f"The {what} given is not what this receipt is about: its bytes differ.")
    return opened


def verify_receipt(
    file: Union[bytes, str],
    vkeys: Sequence[str],
    *,
    output: Optional[bytes] = None,
    input: Optional[bytes] = None,
    unknown_signatures: str = "refuse",
) -> VerifiedReceipt:
    """Verifies a receipt file offline. A single changed bit anywhere makes it fail.

    Args:
        file: the receipt file's content
        vkeys: trusted verifier keys, `NAME+ID+KEY`: pinned or given, never taken from the receipt
        output: the bytes that were answered, where they are to be compared
        input: the bytes of the input, where they are to be compared
        unknown_signatures: `refuse`, or `ignore` signatures on the log's head by keys that are not among `vkeys`

    Raises:
        VerificationError: `part` names what does not hold
        VkeyError: a key given is malformed, or none is
    """
    keys = [Vkey.parse(text) for text in vkeys]
    if not keys:
        raise VkeyError("No verifier key was given: a receipt proves nothing without one.")
    value = _parse_file(file.encode() if isinstance(file, str) else bytes(file))
    key, payload = _verify_envelope(value["envelope"], keys)
    name, kind, commitment, salts, predicate = _parse_statement(payload)
    index, hashes, note = parse_proof(value["proof"])
    text, verified, unknown = verify_note(note, keys)
    origin, size, root = parse_checkpoint(text)
    if not any(signer.name == origin for signer in verified):
        raise VerificationError("checkpoint", f"The checkpoint is of the log {origin}, which did not sign it.")
    if origin != key.name:
        raise VerificationError("checkpoint", f"{key.name} signed the statement, but the checkpoint is of {origin}.")
    if unknown and unknown_signatures != "ignore":
        raise VerificationError(
            "checkpoint",
            f"The checkpoint also carries signatures that cannot be checked without their keys: {', '.join(unknown)}.",
        )
    entry = hashlib.sha256(canonical_json(value["envelope"]).encode()).digest()
    if not included(hashes, index, size, hashlib.sha256(b"\x00" + entry).digest(), root):
        raise VerificationError(
            "inclusion",
            f"The proof does not lead from this envelope at index {index} to the signed root of {origin} at size {size}.",
        )
    committed = {"subject": commitment, "input": predicate.get("input") if kind == "call" else None}
    opened = _open(value["openings"], committed, salts, {"subject": output, "input": input})
    cosigned = tuple(signer.name for signer in verified if signer.name != origin)
    return VerifiedReceipt(
        name, kind, predicate, origin, key.text, index, size, root, entry, cosigned, tuple(unknown), opened
    )


def main(argv: Optional[Sequence[str]] = None) -> int:
    """The command line. Returns 0 where everything holds, 5 where not, 2 where it was called wrongly."""
    parser = argparse.ArgumentParser(prog="python -m crank_platform.verify", description=__doc__)
    parser.add_argument("file", help="a receipt file, or receipts line by line (*.ndjson of an export)")
    parser.add_argument("--vkey", action="append", required=True, help="trusted verifier key; may be repeated")
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
        for line in lines:
            receipt = verify_receipt(line, arguments.vkey, unknown_signatures="ignore", **given)
            about = receipt.predicate
            what = (
                f"{about['account']}/{about['service']}.{about['operation']}, {about['outcome']}"
                if receipt.kind == "call"
                else about["kind"]
            )
            print(f"{receipt.id} verified: {what}; entry {receipt.index} of {receipt.size} in the log {receipt.origin}")
            if receipt.cosigned:
                print(f"  cosigned by {', '.join(receipt.cosigned)}")
    except VerificationError as error:
        print(f"NOT verified: {error.part}: {error}")
        return 5
    except (VkeyError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
