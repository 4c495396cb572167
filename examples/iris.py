"""A model of scikit-learn on the iris data, which ships with it.

Run it with `dalsegno run iris.py:iris`, then replay it with
`dalsegno replay last --skip load_data -i depth=2`: another model on the same data.
"""

from typing import Annotated, Any

from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

from dalsegno import log_metadata, pipeline, step


@step
def load_data(seed: int) -> tuple[Annotated[list[Any], "rows"], Annotated[list[Any], "held_back"]]:
    """Load the flowers, and hold a third of them back."""
    values, kinds = load_iris(return_X_y=True)
    x, x_test, y, y_test = train_test_split(values, kinds, test_size=1 / 3, random_state=seed)
    return [x, y], [x_test, y_test]


@step
def train(rows: list[Any], depth: int) -> Annotated[Any, "model"]:
    """Grow a tree."""
    return DecisionTreeClassifier(max_depth=depth, random_state=0).fit(*rows)


@step
def judge(model: Any, rows: list[Any]) -> Annotated[float, "accuracy"]:
    """Give the share of flowers that the tree gets right."""
    log_metadata(flowers=len(rows[1]))
    return round(float(model.score(*rows)), 2)


@pipeline
def iris(depth: int = 1, seed: int = 0):
    rows, held_back = load_data(seed)
    return judge(train(rows, depth), held_back)
