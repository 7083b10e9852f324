"""Checks bank transfers before they are booked: IBAN, amount, currency, duplicates.

The classic form of a Crank service: one decorated function with the signature `(input_data, policies, context)`.
`input_data` is what the caller sends; the platform fills in `policies` and `context`.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from crank_platform import crank_service

# Lengths of national IBANs (ISO 13616 registry), for the countries of SEPA and a few neighbours.
_IBAN_LENGTHS = {
    "AD": 24, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24,
    "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21,
    "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "VA": 22,
}  # fmt: skip
# From this amount on a person looks at the transfer, whatever policy says.
_REVIEW_FROM = Decimal(10_000)
_MINOR_UNITS = {"EUR": 2, "USD": 2, "GBP": 2, "CHF": 2, "SEK": 2, "NOK": 2, "DKK": 2, "PLN": 2, "CZK": 2, "JPY": 0}


def _iban_fault(iban: str) -> str:
    """Says what is wrong with an IBAN (ISO 7064, MOD 97-10), or nothing."""
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]+", iban):
        return "is not an IBAN: two letters, two digits and the account are expected"
    expected = _IBAN_LENGTHS.get(iban[:2])
    if expected is None:
        return f"is of a country we do not pay to ({iban[:2]})"
    if len(iban) != expected:
        return f"has {len(iban)} characters; {iban[:2]} has {expected}"
    digits = "".join(str(int(character, 36)) for character in iban[4:] + iban[:4])
    return "" if int(digits) % 97 == 1 else "has a wrong check digit: a character is mistyped"


def _amount(value: Any, currency: str) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise ValueError("is not a number") from None
    if not amount.is_finite() or amount <= 0:
        raise ValueError("must be above zero")
    places = -int(amount.normalize().as_tuple().exponent)
    if places > _MINOR_UNITS[currency]:
        raise ValueError(f"has {places} decimals; {currency} has {_MINOR_UNITS[currency]}")
    return amount


@crank_service
def process_transaction(input_data: dict, policies: dict, context: dict) -> dict:
    """Checks one bank transfer and says whether it may be booked.

    Args:
        input_data: The transfer: `debtor` and `creditor` (IBANs), `amount` (number or string), `currency` (ISO 4217)
            and `reference` (free text).
        policies: What policy decided about this call; the obligation `review` sends every transfer to a person.
        context: Who calls, and the id of the call.

    Returns:
        `status` (`accepted`, `review` or `rejected`), the `findings` by field, the transfer in normal form, and the
        id of the call that checked it.
    """
    findings: dict[str, str] = {}
    accounts = {}
    for field in ("debtor", "creditor"):
        accounts[field] = re.sub(r"\s", "", str(input_data.get(field, ""))).upper()
        fault = _iban_fault(accounts[field])
        if fault:
            findings[field] = fault
    if not findings and accounts["debtor"] == accounts["creditor"]:
        findings["creditor"] = "is the debtor's own account"

    currency, amount = str(input_data.get("currency", "EUR")).upper(), Decimal(0)
    if currency not in _MINOR_UNITS:
        findings["currency"] = f"is not supported; one of {', '.join(sorted(_MINOR_UNITS))} is"
    else:
        try:
            amount = _amount(input_data.get("amount"), currency)
        except ValueError as fault:
            findings["amount"] = str(fault)

    reference = " ".join(str(input_data.get("reference", "")).split())
    if len(reference) > 140:
        findings["reference"] = f"has {len(reference)} characters; 140 are possible"  # SEPA, pain.001 Ustrd

    review = amount >= _REVIEW_FROM or "review" in policies.get("obligations", [])
    return {
        "status": "rejected" if findings else "review" if review else "accepted",
        "findings": findings,
        "transfer": {**accounts, "amount": str(amount), "currency": currency, "reference": reference},
        "checked_by": context.get("call"),
    }


def _main() -> None:
    import json
    import sys

    print(json.dumps(process_transaction(json.load(sys.stdin), {}, {}), indent=2))


if __name__ == "__main__":
    _main()
