"""Amounts of money: whole billionths of a currency's unit, as they travel."""

from __future__ import annotations

from google.type.money_pb2 import Money

NANOS = 1_000_000_000


def money(nanos: int, currency: str) -> Money:
    """An amount as it travels."""
    units, rest = divmod(abs(nanos), NANOS)
    sign = -1 if nanos < 0 else 1
    return Money(currency_code=currency, units=sign * units, nanos=sign * rest)


def nanos_of(amount: Money) -> int:
    """An amount as it is kept."""
    return int(amount.units) * NANOS + int(amount.nanos)
