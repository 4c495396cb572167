"""The steps of `python_steps.yaml`: plain functions that know nothing of Dal Segno."""

from __future__ import annotations

import math
from random import Random

Row = list[float]


def load_rows(customers: int, seed: int) -> list[Row]:
    """Make customers as `[months without an order, left or not]`."""
    random = Random(seed)
    rows: list[Row] = []
    for _ in range(customers):
        months = round(random.uniform(0, 12), 1)
        rows.append([months, 1.0 if months + random.gauss(0, 1.5) > 6 else 0.0])
    print(f"{customers} customers, {sum(int(left) for _, left in rows)} of them left")
    return rows


def train(rows: list[Row], rate: float, rounds: int = 300) -> dict[str, float]:
    """Fit a logistic curve to the rows, by gradient descent."""
    weight = bias = 0.0
    for _ in range(rounds):
        errors = [(_chance(months, weight, bias) - left, months) for months, left in rows]
        weight -= rate * sum(error * months for error, months in errors) / len(rows)
        bias -= rate * sum(error for error, _ in errors) / len(rows)
    print(f"weight {weight:.3f}, bias {bias:.3f} after {rounds} rounds")
    return {"weight": weight, "bias": bias}


def accuracy(rows: list[Row], model: dict[str, float]) -> float:
    """Give the share of rows that the model gets right."""
    right = sum((_chance(months, **model) > 0.5) == (left == 1) for months, left in rows)
    return round(right / len(rows), 3)


def _chance(months: float, weight: float, bias: float) -> float:
    return 1 / (1 + math.exp(-(weight * months + bias)))
