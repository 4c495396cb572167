"""What the editor of the web UI knows of expressions is what there is."""

from __future__ import annotations

from tests.docs import ui_names


def test_the_names_of_the_editor_are_those_of_the_language() -> None:
    assert ui_names.PAGE.read_text(encoding="utf-8") == ui_names.document(), "run `python -m tests.docs.generate`"
