"""The process that runs queries of `jq`: a line with query and text comes in, a line with the results goes out."""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any

#: memory that a query may use, in bytes
_MEMORY = 1 << 30
#: characters that its results may have
_LARGEST = 10_000_000


def main() -> None:
    """Answer until nobody asks any more."""
    import jq

    # a query can read the environment
    os.environ.clear()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    answer: Any = "ready"
    while True:
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            return
        query, text = json.loads(line)
        try:
            answer = jq.compile(query).input_text(text).all()
        except (ValueError, MemoryError) as error:
            answer = str(error) or "it used too much memory"
        if not isinstance(answer, str) and len(json.dumps(answer)) > _LARGEST:
            answer = f"its results have more than {_LARGEST:,} characters"


if __name__ == "__main__":
    main()
