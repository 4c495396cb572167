"""Arrow's functions. They are made when the module is imported, so type checkers do not know them."""

from __future__ import annotations

from typing import Any

import pyarrow.compute

pc: Any = pyarrow.compute
