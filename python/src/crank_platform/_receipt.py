"""A receipt file piece by piece: its form, the DSSE envelope, the in-toto statement and the salts that open it."""

import hashlib
import re
from fractions import Fraction
from typing import Any, Dict, Optional, Sequence, Tuple

from ._canonical_json import parse_canonical_json, wrong_members
from ._ed25519 import verify as _verify_ed25519
from ._log import VerificationError, Vkey, decode_base64

STATEMENT = "https://in-toto.io/Statement/v1"
CALL_PREDICATE = "https://crank.dev/receipt/call/v1"
ACT_PREDICATE = "https://crank.dev/receipt/act/v1"

_IN_TOTO = "application/vnd.in-toto+json"
_MAX_BYTES = 1 << 20
_AMOUNT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]{0,29}[1-9])?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_STRINGS = {
    "call": ["call", "stage", "received", "finished", "node", "account", "service", "version", "operation", "outcome"],
    "act": ["act", "kind", "time", "node", "account"],
}
_OBJECTS = {"call": ["principal", "usage", "charge"], "act": ["principal", "object"]}


def parse_file(data: bytes) -> Dict[str, Any]:
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


def verify_envelope(value: Any, keys: Sequence[Vkey]) -> Tuple[Vkey, bytes]:
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


def _amount(value: Any) -> Optional[Fraction]:
    if not isinstance(value, str) or _AMOUNT.fullmatch(value) is None or value == "-0":
        return None
    return Fraction(value)


def _wrong_charge(charge: Dict[str, Any]) -> Optional[str]:
    """What is wrong with a charge: its lines have to add up to its total, to the last digit."""
    lines = charge.get("lines")
    if not isinstance(lines, list):
        return "the charge has no lines"
    amounts = [_amount(line.get("amount")) if isinstance(line, dict) else None for line in lines]
    total = _amount(charge.get("total"))
    known = [amount for amount in amounts if amount is not None]
    if total is None or len(known) != len(lines):
        return "the charge has amounts that are no decimal numbers"
    if sum(known, Fraction(0)) != total:
        return "the lines of the charge do not add up to its total"
    return None


def parse_statement(payload: bytes) -> Tuple[str, str, str, Dict[str, str], Dict[str, Any]]:
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
    if kind == "call":
        wrong_charge = _wrong_charge(predicate["charge"])
        if wrong_charge:
            raise wrong(wrong_charge)
    salts = predicate.get("salts")
    if not isinstance(salts, dict) or wrong_members(salts, ["subject"], ["input"]):
        raise wrong('"salts" is missing')
    if not all(is_digest(salt) for salt in salts.values()):
        raise wrong('"salts" are no digests')
    if kind == "call" and not is_digest(predicate.get("input")):
        raise wrong("the predicate has no commitment to the input")
    return name, kind, commitment, salts, predicate


def open_commitments(
    value: Any, committed: Dict[str, Optional[str]], salts: Dict[str, str], given: Dict[str, Optional[bytes]]
) -> Dict[str, str]:
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
