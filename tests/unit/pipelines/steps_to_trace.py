"""Steps of a module that is imported, as users have them; tests trace pipelines of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from dalsegno import pipeline, step

if TYPE_CHECKING:
    from decimal import Decimal as Model


@dataclass
class City:
    name: str
    size: int = 0


@step
def load(url: str = "data.csv") -> dict[str, Any]:
    """Load the data.

    And more.
    """
    return {"url": url}


@step(retry=2, timeout=600)
def train(data: dict[str, Any], rate: float = 0.1) -> Annotated[Model, "model"]:
    raise NotImplementedError


@step
def split(data: dict[str, Any], parts: int = 2) -> tuple[Annotated[list[int], "train"], list[int]]:
    return [parts], [len(data)]


@step
def tell(what: Any, times: int = 1) -> None:
    """Tell somebody."""


@step
async def later(x: int) -> int:
    return x + 1


@step
def inc(x: int) -> int:
    return x + 1


@step
def visit(city: City, note: str = "") -> City:
    return city


@step
def gather(values: Any, more: Any = None) -> Any:
    return values


@pipeline
def training(url: str, rate: float = 0.1) -> Any:
    """Train a model."""
    return train(load(url), rate=rate)


@pipeline
def prepared(url: str) -> Any:
    return split(load(url))
