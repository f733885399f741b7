"""Tables for tests, made with a seed so that what is computed from them can be computed again."""

from __future__ import annotations

import csv
import datetime
import io
import random
from collections.abc import Sequence

REGIONS = {"North": 120.0, "South": 95.0, "East": 140.0, "West": 110.0}


def sales(rows: int = 10_000, seed: int = 7) -> bytes:
    """Orders of two years: number, day, region, channel, price with thousands separators, quantity,
    and a weight that is missing now and then."""
    chance = random.Random(seed)
    table: list[list[object]] = [
        ["Order ID", "Date", "Region", "Channel", "Price (€)", "Quantity", "Weight [kg]"]
    ]
    for number in range(1, rows + 1):
        day = datetime.date(2021, 1, 1) + datetime.timedelta(days=chance.randrange(730))
        region = chance.choice(list(REGIONS))
        price = max(1.0, chance.gauss(REGIONS[region] * 10, 200))
        quantity = chance.randint(1, 9)
        weight = "" if chance.random() < 0.03 else f"{quantity * 1.5 + chance.gauss(0, 1):.2f}"
        channel = chance.choice(["Web", "Shop", "Phone"])
        table.append([number, day.isoformat(), region, channel, f"{price:,.2f}", quantity, weight])
    return as_csv(table)


def as_csv(rows: Sequence[Sequence[object]], *, delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def parsed_sales(content: bytes) -> list[dict[str, str]]:
    """The rows of `sales` as dictionaries, prices without separators."""
    found = []
    for row in csv.DictReader(io.StringIO(content.decode())):
        found.append({**row, "Price (€)": row["Price (€)"].replace(",", "")})
    return found
