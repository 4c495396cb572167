"""Which installed packages the stored code imports, and their versions here."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import packages_distributions, version

from dalsegno.code.bundle import Bundle


def packages_of(bundle: Bundle) -> Mapping[str, str]:
    """Give the versions, by the name of the package, of what the modules of a bundle import wherever they run.

    What stands under `try` or `if TYPE_CHECKING` may be missing, and is left out.
    """
    texts = {one.text for one in bundle.modules.values() if one.text is not None}
    texts |= {bundle.contents[digest].decode("utf-8", "replace") for digest in bundle.texts.values()}
    names = {name for text in texts for name in _imported(text)}
    names -= {*sys.stdlib_module_names, *(name.partition(".")[0] for name in bundle.modules)}
    if not names:
        return {}
    known = packages_distributions()
    found = {known[name][0] for name in names if len(set(known.get(name, ()))) == 1}
    return {name: version(name) for name in sorted(found)}


def _imported(text: str) -> Iterator[str]:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Try) or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
        waiting.extend(ast.iter_child_nodes(node))
