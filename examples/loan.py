"""Loans: the schedule of an annuity loan in exact decimals, and what repaying early saves."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum

_CENT = Decimal("0.01")


class Timing(Enum):
    """When in its period a payment is due."""

    END = "end"
    START = "start"


@dataclass
class Payment:
    """One instalment."""

    number: int
    due: date
    payment: Decimal
    interest: Decimal
    principal: Decimal
    balance: Decimal


@dataclass
class Schedule:
    """A loan from the first instalment to the last."""

    instalment: Decimal
    total_paid: Decimal
    total_interest: Decimal
    payments: list[Payment]


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)


def _months_after(start: date, months: int) -> date:
    """The same day some months later, or the last of a month that has no such day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def _instalment(amount: Decimal, rate: Decimal, months: int) -> Decimal:
    if rate == 0:
        return _cents(amount / months)
    return _cents(amount * rate / (1 - (1 + rate) ** -months))


def schedule(
    amount: Decimal,
    annual_percent: Decimal,
    months: int,
    first_due: date,
    extra_per_month: Decimal = Decimal("0"),
    timing: Timing = Timing.END,
) -> Schedule:
    """Works out the instalments of an annuity loan; each is rounded to the cent, the last one settles the rest.

    Args:
        amount: What is borrowed.
        annual_percent: Nominal interest per year in percent, charged monthly.
        months: Term in months.
        first_due: Day of the first instalment; the others follow on the same day of each month.
        extra_per_month: Voluntary repayment on top of every instalment.
        timing: Whether instalments are due at the end or the start of their month.

    Returns:
        The instalment, the totals and every payment.

    Raises:
        ValueError: An amount is negative or zero where it must not be, or the term is not between 1 and 600 months.
    """
    if amount <= 0 or annual_percent < 0 or extra_per_month < 0:
        raise ValueError("amount must be positive; interest and extra repayment must not be negative")
    if not 1 <= months <= 600:
        raise ValueError("months must be between 1 and 600")
    rate = annual_percent / 1200
    instalment = _instalment(amount, rate, months)
    if timing is Timing.START:
        instalment = _cents(instalment / (1 + rate))
    balance, payments = _cents(amount), []
    for number in range(1, months + 1):
        owes_interest = number > 1 or timing is Timing.END
        interest = _cents(balance * rate) if owes_interest else Decimal("0.00")
        payment = min(instalment + extra_per_month, balance + interest)
        if number == months:
            payment = balance + interest
        balance += interest - payment
        due = _months_after(first_due, number - 1)
        payments.append(Payment(number, due, payment, interest, payment - interest, balance))
        if balance == 0:
            break
    paid = sum((p.payment for p in payments), Decimal(0))
    return Schedule(instalment, paid, paid - _cents(amount), payments)


def _main() -> None:
    import sys

    amount, percent, months = sys.argv[1:4]
    result = schedule(Decimal(amount), Decimal(percent), int(months), date.today())
    for p in result.payments:
        print(f"{p.number:4d}  {p.due}  {p.payment:>12}  {p.interest:>10}  {p.balance:>14}")
    print(f"total {result.total_paid}, of it interest {result.total_interest}")


if __name__ == "__main__":
    _main()
