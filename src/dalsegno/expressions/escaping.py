"""How text is escaped for the places where it is to stand: `escape`, and `{% autoescape %}`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

from dalsegno.errors import closest, did_you_mean
from dalsegno.expressions.faults import INVALID, Fault

_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
_CSS = re.compile(r"[^0-9A-Za-z_\u0080-\U0010ffff-]")


def _json(text: str) -> str:
    return json.dumps(text)[1:-1].replace("/", "\\/")


def _js(text: str) -> str:
    return _json(text).replace("'", "\\'")


def _css(text: str) -> str:
    return _CSS.sub(lambda sign: f"\\{sign[0]}", text)


_STRATEGIES: Mapping[str, Callable[[str], str]] = {
    "html": lambda text: text.translate(_HTML),
    "js": _js,
    "json": _json,
    "css": _css,
    "url_param": lambda text: quote(text, safe="-._~!$'()*,;:@/?"),
}


def check_strategy(name: str, offset: int | None = None) -> None:
    """Refuse a way of escaping that there is not."""
    if name not in _STRATEGIES:
        near = closest(name, _STRATEGIES)
        raise Fault(
            f"there is no way of escaping `{name}`{did_you_mean(near)}", code=INVALID, offset=offset, closest=near
        )


def escape(text: str, strategy: str) -> str:
    """Escape a text.

    Parameters
    ----------
    strategy : `html`, `js`, `json`, `css` or `url_param`.
    """
    check_strategy(strategy)
    return _STRATEGIES[strategy](text)
