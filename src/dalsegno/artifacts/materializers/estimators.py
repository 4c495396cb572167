"""Models of scikit-learn: by pickle, the only way that keeps them exactly, with their parameters in the summary."""

from __future__ import annotations

import sys
from typing import Any

from dalsegno.artifacts.materializers.pickled import Pickled
from dalsegno.artifacts.materializers.summaries import brief

_PARAMETERS_SHOWN = 30


class Estimator(Pickled):
    """Anything that derives from `sklearn.base.BaseEstimator`."""

    kind = "sklearn"

    def summary(self, value: Any) -> dict[str, Any]:
        """Tell the parameters, and the version that the model needs."""
        library: Any = sys.modules.get("sklearn")
        parameters = list(value.get_params(deep=False).items())[:_PARAMETERS_SHOWN]
        return {
            "parameters": {name: brief(given) for name, given in parameters},
            "library": f"scikit-learn {getattr(library, '__version__', '')}".strip(),
        }
