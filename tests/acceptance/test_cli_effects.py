"""Effects that are seen outside: asked about on a terminal, refused without one."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from dalsegno import Client

DALSEGNO = str(Path(sys.executable).with_name("dalsegno"))
PATIENCE = 30.0

FLOW = """\
id: shop
namespace: company.team
tasks:
  - id: orders
    type: core.debug.Return
    format: '["a", "b"]'
  - id: bill
    type: scripts.shell.Commands
    effects: external
    commands: ["echo bill >> {seen}"]
  - id: each
    type: core.flow.ForEach
    values: "{{{{ outputs.orders.value }}}}"
    tasks:
      - id: mail
        type: scripts.shell.Commands
        effects: external
        commands: ["echo mail >> {seen}"]
"""


class Shop:
    """A folder with a flow that is seen outside, in which one run has ended well."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {
            name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "DALSEGNO_STORE")
        }
        self.environ |= {"DALSEGNO_HOME": str(folder / "home"), "TERM": "xterm-256color", "COLUMNS": "80"}
        (folder / "flow.yaml").write_text(FLOW.format(seen=folder / "seen"))
        assert self.call("run", "flow.yaml")[0] == 0
        assert self.seen() == ["bill", "mail", "mail"]

    def seen(self) -> list[str]:
        """Give what was seen outside since the last call."""
        path = self.folder / "seen"
        lines = path.read_text().split() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines

    def call(self, *words: str) -> tuple[int, str]:
        """Call without a terminal."""
        done = subprocess.run(
            [DALSEGNO, *words], cwd=self.folder, env=self.environ, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout

    def answer(self, words: Sequence[str], *answers: str) -> tuple[int, str]:
        """Call on a terminal, answer what is asked, and give all that was shown."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(DALSEGNO, [DALSEGNO, *words], self.environ)
        screen, waiting = "", list(answers)
        while select.select([terminal], [], [], PATIENCE)[0]:
            try:
                screen += os.read(terminal, 65536).decode()
            except OSError:  # the other side has gone
                break
            if screen.endswith("[y/N] ") and waiting:
                os.write(terminal, f"{waiting.pop(0)}\n".encode())
        os.close(terminal)
        assert waiting == []
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", screen)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_on_a_terminal_each_effect_is_asked_about_and_happens_if_it_may(shop: Shop) -> None:
    code, screen = shop.answer(["replay", "last", "--from", "orders"], "y", "yes")

    assert (
        "2 effects would happen once more:\n  `bill` has effects that are seen outside, and ran already in shop-1"
        in screen
    )
    assert "run `bill` again? [y/N] y" in screen
    assert "run `mail` again? [y/N] yes" in screen
    assert (code, shop.seen()) == (0, ["bill", "mail", "mail"])
    with Client(shop.folder / "home") as client:
        assert client.get_run("last").request["acknowledge"] == ["bill", "mail"]


@pytest.mark.parametrize("answers", [("y", "n"), ("", ""), ("n", "y")])
def test_what_may_not_happen_again_refuses_the_replay_and_nothing_is_written(
    shop: Shop, answers: Sequence[str]
) -> None:
    code, screen = shop.answer(["replay", "last", "--from", "orders"], *answers)

    refused = [name for name, said in zip(("bill", "mail"), answers, strict=True) if said != "y"]
    assert code == 2
    for name in refused:
        assert f"`--acknowledge {name}`" in screen
    assert shop.seen() == []
    assert "shop-2" not in shop.call("runs")[1]


def test_nobody_is_asked_where_something_else_is_wrong_too(shop: Shop) -> None:
    code, screen = shop.answer(["replay", "last", "--from", "orders", "--skip", "nosuch"])

    assert code == 2
    assert "again?" not in screen
    assert "there is no task `nosuch`" in screen


def test_without_a_terminal_effects_are_refused_with_both_ways_out(shop: Shop) -> None:
    code, told = shop.call("replay", "last", "--from", "orders")

    assert code == 2
    assert "`--acknowledge bill`, or keep what it gave with `--effects reuse`" in " ".join(told.split())
    assert shop.seen() == []


def test_each_way_out_works(shop: Shop) -> None:
    assert shop.call("replay", "shop-1", "--from", "orders", "--acknowledge", "bill", "--acknowledge", "mail")[0] == 0
    assert shop.seen() == ["bill", "mail", "mail"]
    assert shop.call("replay", "shop-1", "--from", "orders", "--acknowledge", "*")[0] == 0
    assert shop.seen() == ["bill", "mail", "mail"]
    assert shop.call("replay", "shop-1", "--from", "orders", "--effects", "reuse")[0] == 0
    assert shop.seen() == []


def test_a_plan_asks_nobody_and_says_what_is_refused(shop: Shop) -> None:
    code, screen = shop.answer(["plan", "last", "--from", "orders"])

    assert code == 2
    assert "again?" not in screen
    assert "this plan cannot be carried out" in screen
