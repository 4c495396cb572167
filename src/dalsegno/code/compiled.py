"""What a function says whose source cannot be read: its compiled code, without files, lines and addresses."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import CodeType
from typing import Any

from dalsegno.code.names import Imported, ImportedUse
from dalsegno.code.values import Token, Values


def code_token(code: CodeType, values: Values, docstring: str | None) -> Token:
    """Give the token of a code object; its docstring does not show."""
    constants: list[Token] = []
    for place, one in enumerate(code.co_consts):
        if isinstance(one, CodeType):
            constants.append(code_token(one, values, None))
        else:
            constants.append(values.token(None if place == 0 and docstring is not None and one == docstring else one))
    names: list[Any] = [list(code.co_names), list(code.co_varnames), list(code.co_freevars), list(code.co_cellvars)]
    counts = [code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags]
    return ["compiled", code.co_name, code.co_code.hex(), code.co_exceptiontable.hex(), constants, names, counts]


def names_in(code: CodeType) -> Iterator[str]:
    """Give the names of its surroundings and the attributes that a code object uses, those inside of it too."""
    yield from code.co_names
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from names_in(one)


def globals_in(code: CodeType) -> Iterator[str]:
    """Give the names of its surroundings that a code object reads, those inside of it too."""
    yield from (step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"))
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from globals_in(one)


def imports_in(code: CodeType) -> Iterator[ImportedUse]:
    """Give what a code object imports when it runs, whole or by names."""
    steps = list(dis.get_instructions(code))
    for place, step in enumerate(steps):
        if step.opname == "IMPORT_NAME" and place > 1:
            level, names = steps[place - 2].argval, steps[place - 1].argval
            for name in names or (None,):
                yield ImportedUse(Imported(step.argval, level if isinstance(level, int) else 0, name))
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from imports_in(one)
