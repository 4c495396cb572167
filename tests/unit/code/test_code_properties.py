"""However code is laid out, its digest is one; whatever is changed in it, the digest is another."""

from __future__ import annotations

import argparse
import ast
import asyncio.tasks
import functools
import io
import json.decoder
import textwrap
import tokenize
import typing
from pathlib import Path
from random import Random
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.projects import Project

from dalsegno.code import loaded, loading, names
from dalsegno.code.written import says_nothing, written

MODULES = [argparse, asyncio.tasks, functools, json.decoder, textwrap, typing, loaded, loading, names]
randoms = st.integers(0, 2**32).map(Random)


def text_of(module: ModuleType) -> str:
    return Path(str(module.__file__)).read_text(encoding="utf-8")


def with_comments(text: str, random: Random) -> str:
    """Put comments and blank lines where Python allows them."""
    lines = text.splitlines()
    for found in tokenize.generate_tokens(io.StringIO(text).readline):
        if found.type == tokenize.NEWLINE and random.random() < 0.5:
            lines[found.start[0] - 1] += "  # a comment\n\n    # and another" if random.random() < 0.5 else "\n\n"
    return "\n".join(lines)


def with_docstrings(tree: ast.Module, random: Random) -> ast.Module:
    """Give functions and classes docstrings, new or other ones."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef) and random.random() < 0.5:
            kept = node.body[1:] if says_nothing(node.body[0]) else node.body
            node.body = [ast.Expr(ast.Constant("A docstring.")), *kept]
    return tree


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
@settings(max_examples=3, deadline=None)
@given(random=randoms)
def test_layout_comments_and_docstrings_never_show(module: ModuleType, random: Random) -> None:
    text = text_of(module)
    expected = written(ast.parse(text))
    assert written(ast.parse(ast.unparse(ast.parse(text)))) == expected
    assert written(ast.parse(with_comments(text, random))) == expected
    assert written(with_docstrings(ast.parse(text), random)) == expected


def change(node: ast.AST, random: Random) -> bool:
    """Change a literal, an operator, a name or an argument; whether there was something to change."""
    if isinstance(node, ast.Constant):
        others = [1, 1.0, True, False, None, "", "other", b"other", 10**30, 2j, ...]
        node.value = random.choice([one for one in others if (type(one), one) != (type(node.value), node.value)])
    elif isinstance(node, ast.BinOp | ast.AugAssign):
        node.op = ast.MatMult() if not isinstance(node.op, ast.MatMult) else ast.Add()
    elif isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif isinstance(node, ast.UnaryOp):
        node.op = ast.Invert() if not isinstance(node.op, ast.Invert) else ast.Not()
    elif isinstance(node, ast.Compare):
        node.ops = [ast.NotIn() if not isinstance(op, ast.NotIn) else ast.In() for op in node.ops]
    elif isinstance(node, ast.Name):
        node.id += "_other"
    elif isinstance(node, ast.Attribute):
        node.attr += "_other"
    elif isinstance(node, ast.Call):
        node.args = node.args[1:] or [ast.Constant("other")]
    elif isinstance(node, ast.Return):
        node.value = ast.Constant(None) if node.value is None else None
    else:
        return False
    return True


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
@settings(max_examples=30, deadline=None)
@given(random=randoms)
def test_any_change_shows(module: ModuleType, random: Random) -> None:
    tree = ast.parse(text_of(module))
    before = written(tree)
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and says_nothing(node)}
    nodes = [node for node in ast.walk(tree) if id(node) not in silent]
    random.shuffle(nodes)
    assert next(node for node in nodes if change(node, random))
    assert written(tree) != before


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, str]:
    """Two modules whose functions call each other and read constants; each number occurs once."""
    count = draw(st.integers(1, 5))
    numbers = iter(range(100, 1000))
    texts = ["import second\n", "import first\n"]
    homes = [0, *(draw(st.integers(0, 1)) for _ in range(count - 1))]
    for index, home in enumerate(homes):
        after = index + 1 < count
        target = f"{('first', 'second')[homes[index + 1]]}." if after and homes[index + 1] != home else ""
        call = f"{target}f{index + 1}({next(numbers)})" if after else str(next(numbers))
        form = draw(st.sampled_from(["return {n} + C{i} * x - {c}", "y = [{n} for _ in x if C{i}]\n    return y, {c}",
                                     "def g(z={n}):\n        return lambda: ({c}, C{i})\n    return g"]))  # fmt: skip
        body = form.format(n=next(numbers), i=index, c=call)
        texts[home] += f"C{index} = {{'a': [{next(numbers)}]}}\ndef f{index}(x):\n    {body}\n"
    return texts[0], texts[1]


@settings(max_examples=40, deadline=None)
@given(program=programs(), random=randoms)
def test_the_digest_of_a_program_changes_with_each_number_in_it_and_with_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, program: tuple[str, str], random: Random
) -> None:
    project = Project(tmp_path_factory.mktemp("program"))
    project.write({"first.py": program[0], "second.py": program[1]})
    before = project.digest("first:f0").digest
    project.write({"first.py": with_comments(program[0], random), "second.py": ast.unparse(ast.parse(program[1]))})
    assert project.digest("first:f0").digest == before
    numbers = [word for text in program for word in ast.walk(ast.parse(text)) if isinstance(word, ast.Constant)]
    number = str(random.choice([one.value for one in numbers if isinstance(one.value, int)]))
    project.write({"first.py": program[0].replace(number, "7"), "second.py": program[1].replace(number, "7")})
    assert project.digest("first:f0").digest != before
