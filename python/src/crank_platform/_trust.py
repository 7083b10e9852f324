"""Receipts held against what is trusted."""

from typing import TYPE_CHECKING, Any, Mapping, NamedTuple, Optional, Sequence

from ._error import NotVerified

if TYPE_CHECKING:
    from .verify import TrustPolicy, VerifiedReceipt


class Trust(NamedTuple):
    """What receipts are held against: pinned or given, never asked of the node that is to be checked."""

    #: Verifier keys of logs and witnesses, `NAME+ID+KEY`.
    vkeys: Sequence[str] = ()
    #: Logs, witnesses, and how many of these must have cosigned.
    policy: Optional["TrustPolicy"] = None
    #: `refuse`, or `ignore` signatures of witnesses whose keys are not given.
    unknown_signatures: str = "refuse"


def verify_with(
    trust: Trust,
    file: bytes,
    id: Optional[str] = None,
    stated: Optional[Mapping[str, str]] = None,
    output: Optional[bytes] = None,
    input: Optional[bytes] = None,
) -> "VerifiedReceipt":
    """Verifies a receipt file; the verifier is loaded when it is first needed.

    Raises:
        NotVerified: It does not hold, or is of something else.
    """
    from .verify import VerificationError, verify_receipt

    try:
        receipt = verify_receipt(
            file, trust.vkeys, policy=trust.policy, output=output, input=input, unknown_signatures=trust.unknown_signatures
        )
    except VerificationError as error:
        raise NotVerified(error.part, str(error)) from error
    wanted = [("id", id, receipt.id)] if id is not None else []  # type: list[tuple[str, Any, Any]]
    wanted += [(name, value, receipt.predicate.get(name)) for name, value in (stated or {}).items()]
    for name, value, found in wanted:
        if value != found:
            raise NotVerified("statement", "The receipt holds, but its %s is %r, not %s." % (name, found, value))
    return receipt
