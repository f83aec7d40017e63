"""Sums of money."""

from __future__ import annotations

from collections.abc import Iterable

from google.type.money_pb2 import Money

NANOS = 1_000_000_000


def is_something(money: Money | None) -> bool:
    """Whether it is an amount other than nothing."""
    return money is not None and bool(money.units or money.nanos)


def total(amounts: Iterable[Money]) -> tuple[Money | None, bool]:
    """The sum, and whether all of it could be summed: None for nothing.

    What is in another currency than the first amount is left out, since nobody here knows the rate.
    """
    currency, nanos, whole = "", 0, True
    for amount in amounts:
        if not is_something(amount):
            continue
        currency = currency or amount.currency_code
        if amount.currency_code == currency:
            nanos += amount.units * NANOS + amount.nanos
        else:
            whole = False
    if not nanos:
        return None, whole
    sign = -1 if nanos < 0 else 1
    units, rest = divmod(abs(nanos), NANOS)
    return Money(currency_code=currency, units=sign * units, nanos=sign * rest), whole
