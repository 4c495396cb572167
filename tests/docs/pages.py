"""The fenced blocks of a page: files to write, and sessions to carry out.

    ```yaml flow.yaml          a file of that name
    ```console                 commands after `$ `, each followed by what it writes; they end with 0
    ```console exit=2          the last command ends with 2
    ```console excerpt         what is shown is part of what is written
    ```console text            shown, and not carried out

A page is one session: its blocks are taken in order, in one folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_BLOCK = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block.

    Parameters
    ----------
    words : what stands behind the language.
    start, end : where its text stands in the page.
    """

    page: str
    line: int
    language: str
    words: tuple[str, ...]
    text: str
    start: int
    end: int

    @property
    def place(self) -> str:
        """Page and line, for messages."""
        return f"{self.page}:{self.line}"

    @property
    def file(self) -> str | None:
        """The name of the file that it is, if any."""
        return next((word for word in self.words if "." in word and "=" not in word), None)

    @property
    def exit(self) -> int:
        """What the last command of a session ends with."""
        return next((int(word.removeprefix("exit=")) for word in self.words if word.startswith("exit=")), 0)

    @property
    def is_session(self) -> bool:
        """Whether its commands are to be carried out."""
        return self.language == "console" and "text" not in self.words


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a session: as it is written, and what the page shows below it."""

    text: str
    shown: str

    @property
    def line(self) -> str:
        """The command in one line."""
        return re.sub(r"\\\n\s*", "", self.text)


def read_blocks(page: Path) -> list[Block]:
    """Give the blocks of a page, in order."""
    source = page.read_text(encoding="utf-8")
    name = str(page.relative_to(ROOT))
    return [_block(name, source, match) for match in _BLOCK.finditer(source)]


def _block(name: str, source: str, match: re.Match[str]) -> Block:
    language, *words = match["info"].split() or [""]
    line = source.count("\n", 0, match.start()) + 1
    return Block(name, line, language, tuple(words), match["text"], match.start("text"), match.end("text"))


def commands(block: Block) -> list[Command]:
    """Take a session apart."""
    found: list[Command] = []
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        text, _, shown = _split(part)
        found.append(Command(text, shown))
    return found


def _split(part: str) -> tuple[str, str, str]:
    """Cut after the first line end that no backslash takes back."""
    end = re.search(r"(?<!\\)\n", part)
    if end is None:
        return part, "", ""
    return part[: end.start()], "\n", part[end.end() :]


def rewritten(page: Path, texts: Sequence[tuple[Block, str]]) -> str:
    """Give a page with other texts in some of its blocks."""
    source = page.read_text(encoding="utf-8")
    for block, text in sorted(texts, key=lambda pair: pair[0].start, reverse=True):
        source = source[: block.start] + text + source[block.end :]
    return source


_UNSTEADY = (
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
    (re.compile(r"^ *time about .*$|[;,] (?:which saved|saves) [0-9.]+ (?:ms|s|min)", re.MULTILINE), ""),
    (
        re.compile(
            r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
        ),
        "#",
    ),
    (re.compile(r"\b[0-9a-f]{8,64}(?:-[0-9a-f]{4,12})*\b"), "#"),
    (re.compile(r"~?\b[0-9][0-9,.:]*(?: ?(?:ms|s|min|h|bytes|[kKMG]i?B|B)\b)?"), "#"),
    (re.compile(r"[█▉▊▋▌▍▎▏▐░▒▓━─╌┄╱▕·|]+"), " "),
    (re.compile(r"[ \t]+"), " "),
)


def steady(text: str) -> list[str]:
    """Give the lines of an output without what differs from run to run: times, sizes, ids, bars."""
    for pattern, instead in _UNSTEADY:
        text = pattern.sub(instead, text)
    return [line.strip() for line in text.splitlines() if line.strip()]


def steady_words(text: str) -> list[str]:
    """Give the words of an output, sorted: where lines and columns break depends on how long times and sizes are."""
    return sorted(word for line in steady(text) for word in line.split())


def missing_lines(shown: str, written: str) -> Iterator[str]:
    """Give the lines of an excerpt that do not stand in the whole, in its order. `...` stands for lines left out."""
    rest = steady(written)
    for line in steady(shown):
        if line == "...":
            continue
        if line not in rest:
            yield line
        else:
            rest = rest[rest.index(line) + 1 :]
