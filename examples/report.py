"""A report with polars: orders are read, cleaned and summed up by city.

Run it with `dalsegno run report.py:report`, then replay it with
`dalsegno replay last --skip read_orders -i least=20`: other limits, the file is not read again.
"""

from typing import Annotated

import polars as pl

from dalsegno import pipeline, step

ORDERS = [("Lyon", 12.5), ("Paris", 40.0), ("Lyon", 25.25), ("Lille", 8.0), ("Paris", 31.0)]


@step
def read_orders() -> Annotated[pl.DataFrame, "orders"]:
    """Give all orders."""
    return pl.DataFrame(ORDERS, schema=["city", "amount"], orient="row")


@step
def clean(orders: pl.DataFrame, least: float) -> Annotated[pl.DataFrame, "orders"]:
    """Leave small orders out."""
    return orders.filter(pl.col("amount") >= least)


@step
def by_city(orders: pl.DataFrame) -> Annotated[pl.DataFrame, "cities"]:
    """Sum up, the best city first."""
    return orders.group_by("city").agg(pl.col("amount").sum()).sort("amount", descending=True)


@step
def best(cities: pl.DataFrame) -> str:
    """Name the best city."""
    city, amount = cities.row(0)
    return f"{city} {amount}"


@pipeline
def report(least: float = 10):
    return best(by_city(clean(read_orders(), least)))
