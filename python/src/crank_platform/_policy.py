"""Whom an auditor trusts: C2SP tlog-policy."""

import re
from dataclasses import dataclass
from typing import List, Optional, Sequence, Tuple

from ._log import LOG, WITNESS, VerificationError, Vkey, VkeyError

# The specification asks for at least 32 of each.
_MAX_LINES = 1024


class PolicyError(ValueError):
    """A policy file is not in its form: the message names the line."""


@dataclass(frozen=True)
class TrustPolicy:
    """Logs, witnesses, and which of the witnesses are enough."""

    logs: List[Vkey]
    witnesses: List[Tuple[str, Vkey]]
    #: name, how many of the members, members: witnesses, or groups that stand before this one
    groups: List[Tuple[str, int, Tuple[str, ...]]]
    #: name of a witness or group, or `none`
    quorum: str

    @classmethod
    def parse(cls, text: str) -> "TrustPolicy":
        """Reads a policy file.

        Raises:
            PolicyError
        """
        lines = text.split("\n")
        if len(lines) > _MAX_LINES:
            raise PolicyError(f"The policy has more than {_MAX_LINES} lines.")
        reader = _Reader()
        for number, line in enumerate(lines, 1):
            if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", line):
                raise PolicyError(f"Line {number} of the policy holds a control character.")
            words = [word for word in re.split(r"[ \t]+", line) if word]
            if not words or words[0].startswith("#"):
                continue
            try:
                reader.read(words[0], words[1:])
            except (PolicyError, VkeyError) as error:
                raise PolicyError(f"Line {number} of the policy is wrong: {error}.") from None
        if reader.quorum is None:
            raise PolicyError("The policy has no quorum line.")
        return cls(reader.logs, reader.witnesses, reader.groups, reader.quorum)

    def quorum_met(self, cosigned: Sequence[Vkey]) -> bool:
        """Whether cosignatures by these keys are enough."""
        met = {name for name, key in self.witnesses if any(by.text == key.text for by in cosigned)}
        for name, threshold, members in self.groups:
            if sum(member in met for member in members) >= threshold:
                met.add(name)
        return self.quorum == "none" or self.quorum in met

    def demand_quorum(self, cosigned: Sequence[Vkey]) -> None:
        """Raises VerificationError (`checkpoint`) where they are not."""
        if self.quorum_met(cosigned):
            return
        there = [name for name, key in self.witnesses if any(by.text == key.text for by in cosigned)]
        raise VerificationError(
            "checkpoint",
            f'The policy asks for the quorum "{self.quorum}", but of its {len(self.witnesses)} witnesses '
            f"{', '.join(there) or 'none'} cosigned this head. Right after a call that is normal: fetch the receipt "
            "again in a minute.",
        )


class _Reader:
    def __init__(self) -> None:
        self.logs: List[Vkey] = []
        self.witnesses: List[Tuple[str, Vkey]] = []
        self.groups: List[Tuple[str, int, Tuple[str, ...]]] = []
        self.quorum: Optional[str] = None
        self._names: List[str] = []
        self._grouped: List[str] = []

    def read(self, keyword: str, rest: Sequence[str]) -> None:
        if keyword == "log":
            if len(rest) > 2:
                raise PolicyError("a log has a key and perhaps a URL")
            self.logs.append(self._key(rest[:1], LOG, self.logs))
        elif keyword == "witness":
            if len(rest) > 3:
                raise PolicyError("a witness has a name, a key and perhaps a URL")
            key = self._key(rest[1:2], WITNESS, [key for _, key in self.witnesses])
            self.witnesses.append((self._define(rest), key))
        elif keyword == "group":
            self._group(rest)
        elif keyword == "quorum":
            if self.quorum is not None:
                raise PolicyError("there is a quorum above already")
            if len(rest) != 1 or not (rest[0] == "none" or rest[0] in self._names):
                raise PolicyError('a quorum is "none", or the name of a witness or group above')
            self.quorum = rest[0]
        else:
            raise PolicyError("a line begins with log, witness, group or quorum")

    def _group(self, rest: Sequence[str]) -> None:
        members = tuple(rest[2:])
        if not members:
            raise PolicyError("a group has a name, a rule and members")
        for member in members:
            if member not in self._names:
                raise PolicyError(f'"{member}" is not defined above')
            if member in self._grouped:
                raise PolicyError(f'"{member}" is in a group already')
            self._grouped.append(member)
        rule = rest[1]
        count = int(rule) if re.fullmatch("[1-9][0-9]{0,3}", rule) else 0
        threshold = {"all": len(members), "any": 1}.get(rule, count)
        if not 1 <= threshold <= len(members):
            raise PolicyError(f'the rule is "all", "any" or a number from 1 to {len(members)}')
        self.groups.append((self._define(rest), threshold, members))

    def _define(self, rest: Sequence[str]) -> str:
        if not rest:
            raise PolicyError("a name is missing")
        name = rest[0]
        if name == "none":
            raise PolicyError('"none" names the empty quorum and nothing else')
        if name in self._names:
            raise PolicyError(f'"{name}" stands for something already')
        self._names.append(name)
        return name

    def _key(self, text: Sequence[str], type: int, others: Sequence[Vkey]) -> Vkey:
        key = Vkey.parse(text[0] if text else "")
        if key.type != type:
            raise PolicyError(f"{key.text} is the key of a {'log' if type == WITNESS else 'witness'}")
        if any(other.public_key == key.public_key for other in others):
            raise PolicyError("this key stands here already")
        return key
