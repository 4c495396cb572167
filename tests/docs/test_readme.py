"""The first page: one screen, true, and about things that are there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.pages import ROOT, commands, missing_lines, read_blocks
from tests.docs.shell import Shell

README = ROOT / "README.md"


def test_the_story_on_the_first_page_is_what_the_demo_prints(tmp_path: Path) -> None:
    story = next(block for block in read_blocks(README) if "make demo" in block.text)
    printed = Shell(tmp_path).run("dalsegno demo --rows 5000")
    assert printed.code == 0, printed.text
    shown = "".join(command.shown for command in commands(story))
    assert list(missing_lines(shown, printed.text)) == []
    for command in commands(story)[1:]:
        assert f"$ {command.text.partition('http')[0]}" in printed.text


def test_the_flow_on_the_first_page_runs_and_its_item_is_replayed(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    blocks = read_blocks(README)
    flow = next(block for block in blocks if block.file == "greet.yaml")
    (tmp_path / "greet.yaml").write_text(flow.text, encoding="utf-8")
    session = next(block for block in blocks if "dalsegno run greet.yaml" in block.text)
    done = [shell.run(command.line.partition("   #")[0].strip()) for command in commands(session)]
    assert [each.code for each in done] == [0, 0], done
    assert "1 ran · 1 reused" in done[-1].text


def test_the_pipeline_on_the_first_page_runs_and_its_replay_gives_what_is_shown(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    blocks = read_blocks(README)
    module = next(block for block in blocks if block.file == "train.py")
    (tmp_path / "train.py").write_text(module.text, encoding="utf-8")
    session = next(block for block in blocks if "dalsegno run train.py" in block.text)
    first, second = commands(session)
    assert shell.run(first.line).code == 0
    done = shell.run(second.line.partition("   #")[0].strip())
    assert done.code == 0, done.text
    assert list(missing_lines(second.shown, done.text)) == []


def test_the_targets_that_pages_name_are_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in (README, ROOT / "CONTRIBUTING.md"):
        named = set(re.findall(r"`make ([a-z]+)|^\$ make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
        assert {one or other for one, other in named} <= targets, page


def test_the_first_page_stays_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 140
