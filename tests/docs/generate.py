"""Writes the parts of the pages that are made from the code, and the outputs that sessions show.

python -m tests.docs.generate            brings all pages up to date
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.docs import openapi, reference, sessions, ui_names
from tests.docs.pages import ROOT, rewritten, steady_words


def generated_pages() -> Iterator[tuple[Path, str]]:
    """Give each page with generated parts, and what it should be."""
    for page, parts in reference.PARTS.items():
        path = ROOT / page
        text = path.read_text(encoding="utf-8")
        for name, make in parts.items():
            text = reference.with_part(text, name, make())
        yield path, text


def main() -> int:
    """Bring all pages up to date, and say which have changed."""
    for path, text in generated_pages():
        _write(path, text)
    _write(openapi.PAGE, openapi.document())
    _write(ui_names.PAGE, ui_names.document())
    for page in sessions.PAGES:
        with tempfile.TemporaryDirectory() as home, sessions.stage(Path(home), page) as shell:
            carried_out = list(sessions.carry_out(ROOT / page, shell))
        for each in carried_out:
            if each.code != each.block.exit:
                sys.stderr.write(f"{each.block.place}: ended with {each.code}, not {each.block.exit}\n{each.text}\n")
        fresh = [(each.block, each.text) for each in carried_out if _differs(each)]
        _write(ROOT / page, rewritten(ROOT / page, fresh))
    return 0


def _differs(carried: sessions.Carried) -> bool:
    """Whether more has changed than times and ids, so that a page that is current stays as it is."""
    shown = carried.block
    return "excerpt" not in shown.words and steady_words(shown.text) != steady_words(carried.text)


def _write(path: Path, text: str) -> None:
    if path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    sys.exit(main())
