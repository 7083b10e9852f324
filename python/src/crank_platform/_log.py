"""The log's side of a receipt: verifier keys, signed notes, checkpoints and inclusion proofs, as C2SP has them."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ._ed25519 import verify as verify_ed25519

_MAX_SIGNATURES = 64
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,15}")


class VerificationError(Exception):
    """Something does not hold.

    `part` names it: file, envelope, signature, statement, proof, checkpoint, inclusion, openings or handover.
    """

    def __init__(self, part: str, message: str):
        super().__init__(message)
        self.part = part


class VkeyError(ValueError):
    """The key handed to the verifier is not one: nothing was verified."""


def decode_base64(text: Any) -> Optional[bytes]:
    """Canonical base64 only, so that every value has exactly one text."""
    if not isinstance(text, str) or not text.isascii():
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


def is_key_name(name: str) -> bool:
    return name != "" and not re.search(r"[\s+\x00-\x1f\x7f-\x9f\ufeff]", name)


def _decimal(text: str) -> Optional[int]:
    value = int(text) if _DECIMAL.fullmatch(text) else None
    return value if value is not None and value < 2**53 else None


#: Signature types (C2SP signed-note): a log signs statements and heads, a witness cosigns heads (tlog-cosignature).
LOG, WITNESS = 1, 4


@dataclass(frozen=True)
class Vkey:
    """A verifier key (C2SP signed-note)."""

    name: str
    id: bytes
    #: `LOG` or `WITNESS`
    type: int
    public_key: bytes
    text: str
    #: first and last entry of the log that it may have signed, where it was handed over
    term: Optional[Tuple[int, int]] = None

    def signs(self, entry: int) -> bool:
        """Whether that entry was made in its time."""
        return self.term is None or self.term[0] <= entry <= self.term[1]

    @property
    def hint(self) -> str:
        return f"{self.name}+{self.id.hex()}"

    @classmethod
    def parse(cls, text: str) -> "Vkey":
        """Reads `NAME+HEXID+BASE64(type, key)`.

        Raises:
            VkeyError
        """
        name, _, rest = text.partition("+")
        key_id, _, data = rest.partition("+")
        key = decode_base64(data)
        if not is_key_name(name) or not re.fullmatch("[0-9a-f]{8}", key_id):
            raise VkeyError(f"{text!r} is no verifier key: it has the form NAME+ID+KEY; see /log/vkey.")
        if key is None or len(key) != 33 or key[0] not in (LOG, WITNESS):
            raise VkeyError(f"{text!r} is no Ed25519 verifier key of a log (type 1) or a witness (type 4).")
        expected = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
        if expected.hex() != key_id:
            raise VkeyError(f"{text!r}: the key id of this name and key is {expected.hex()}; a part was mistyped.")
        return cls(name, expected, key[0], key[1:], text)


def parse_proof(value: Any) -> Tuple[int, List[bytes], str]:
    def wrong(why: str) -> VerificationError:
        return VerificationError("proof", f"The inclusion proof is malformed: {why}.")

    if not isinstance(value, str):
        raise VerificationError("proof", "The inclusion proof is no text.")
    head, separator, checkpoint = value.partition("\n\n")
    lines = head.split("\n")
    if not separator:
        raise wrong("no empty line separates path and checkpoint")
    if lines[0] != "c2sp.org/tlog-proof@v1":
        raise wrong("it does not begin with c2sp.org/tlog-proof@v1")
    if len(lines) > 1 and lines[1].startswith("extra "):
        raise VerificationError("proof", "The inclusion proof carries extra data, which nobody signed.")
    index = _decimal(lines[1][6:]) if len(lines) > 1 and lines[1].startswith("index ") else None
    if index is None:
        raise wrong("it has no index")
    if len(lines) > 65:
        raise wrong("it has more than 63 hashes")
    hashes: List[bytes] = []
    for line in lines[2:]:
        data = decode_base64(line)
        if data is None or len(data) != 32:
            raise wrong(f"hash {len(hashes)} is not the canonical base64 of 32 bytes")
        hashes.append(data)
    return index, hashes, checkpoint


def _cosigned_at(key: Vkey, text: str, data: bytes) -> Optional[int]:
    """When a witness says that it cosigned, in seconds since 1970; None where its signature does not hold.

    C2SP tlog-cosignature: the time, 8 bytes, big-endian, and a signature over two lines and the checkpoint's text.
    """
    if len(data) != 72:
        return None
    time = int.from_bytes(data[:8], "big")
    message = f"cosignature/v1\ntime {time}\n{text}".encode()
    return time if time < 2**53 and verify_ed25519(key.public_key, message, data[8:]) else None


@dataclass(frozen=True)
class VerifiedNote:
    text: str
    #: keys whose signatures hold; at least one
    verified: Tuple[Vkey, ...]
    #: when the witnesses among them say that they cosigned, seconds since 1970, by name
    times: Dict[str, int]
    #: `NAME+HEXID` of signatures by keys that were not given
    unknown: Tuple[str, ...]


def verify_note(note: str, keys: Sequence[Vkey]) -> VerifiedNote:
    """C2SP signed-note: what is not known is left aside, what does not hold rejects the note."""

    def wrong(why: str) -> VerificationError:
        return VerificationError("checkpoint", f"This is no signed note: {why}.")

    if re.search(r"[\x00-\x09\x0b-\x1f]", note):
        raise wrong("it holds a control character")
    split = note.rfind("\n\n")
    if split <= 0:
        raise wrong("no empty line separates text and signatures")
    text, block = note[: split + 1], note[split + 2 :]
    if not block.endswith("\n"):
        raise wrong("it does not end with a signature line")
    lines = block[:-1].split("\n")
    if len(lines) > _MAX_SIGNATURES:
        raise wrong(f"it has more than {_MAX_SIGNATURES} signatures")
    parsed = []
    for line in lines:
        match = re.fullmatch("\u2014 ([^ ]+) ([^ ]+)", line)
        if match is None or not is_key_name(match[1]):
            raise wrong(f'{line!r} is not "\u2014 name signature"')
        data = decode_base64(match[2])
        if data is None or len(data) < 5:
            raise wrong(f"the signature of {match[1]} is not canonical base64")
        parsed.append((match[1], data[:4], data[4:]))
    verified: List[Vkey] = []
    times: Dict[str, int] = {}
    unknown: List[str] = []

    def holds(key: Vkey, signature: bytes) -> bool:
        if key.type == LOG:
            return verify_ed25519(key.public_key, text.encode(), signature)
        time = _cosigned_at(key, text, signature)
        if time is not None:
            times[key.name] = time
        return time is not None

    for name, key_id, signature in parsed:
        key = next((key for key in keys if key.name == name and key.id == key_id), None)
        if key is None:
            unknown.append(f"{name}+{key_id.hex()}")
        elif key in verified:
            raise wrong(f"{key.name} signed it twice")
        elif holds(key, signature):
            verified.append(key)
        else:
            raise VerificationError(
                "checkpoint", f"The signature of {name} does not match the note: one of them was changed."
            )
    if not verified:
        raise VerificationError("checkpoint", f"No key that you trust signed this note: {', '.join(unknown)} did.")
    return VerifiedNote(text, tuple(verified), times, tuple(unknown))


def parse_checkpoint(text: str) -> Tuple[str, int, bytes]:
    def wrong(why: str) -> VerificationError:
        return VerificationError("checkpoint", f"The checkpoint is malformed: {why}.")

    lines = text.split("\n")
    if len(lines) != 4 or lines[3] != "":
        raise wrong("it does not have exactly three lines")
    size, root = _decimal(lines[1]), decode_base64(lines[2])
    if not is_key_name(lines[0]):
        raise wrong('the origin is empty or holds a space or "+"')
    if size is None:
        raise wrong(f"{lines[1]!r} is no tree size")
    if root is None or len(root) != 32:
        raise wrong("the root is not the canonical base64 of 32 bytes")
    return lines[0], size, root


def included(proof: Sequence[bytes], index: int, size: int, leaf: bytes, root: bytes) -> bool:
    """RFC 9162, section 2.1.3.2."""
    if index >= size:
        return False
    fn, sn, result = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            result = hashlib.sha256(b"\x01" + sibling + result).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            result = hashlib.sha256(b"\x01" + result + sibling).digest()
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and result == root
