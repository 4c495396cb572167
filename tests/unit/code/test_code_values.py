"""Values that code uses count by what they hold, the same in every process."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.projects import Project

from dalsegno.code import digest_of
from dalsegno.code.values import Values

IMPORTS = """
import collections, dataclasses, datetime, decimal, enum, fractions, functools, ipaddress, pathlib, re, types, typing, uuid
import zoneinfo
import numpy as np
class Color(enum.Enum):
    RED = 1
    BLUE = 2
@dataclasses.dataclass(frozen=True)
class Point:
    x: int
    y: object = None
class Plain:
    __slots__ = ("held",)
    def __init__(self, held):
        self.held = held
def one(): return 1
def two(): return 2
"""
#: pairs of values that differ
DIFFERENT = [
    ("1", "1.0"), ("1", "True"), ("1", "'1'"), ("'a'", "b'a'"), ("[1, 2]", "(1, 2)"), ("[1, 2]", "[2, 1]"), ("0.0", "-0.0"),
    ("{'a': 1}", "{'a': 2}"), ("{1, 2}", "frozenset({1, 2})"), ("{1, 2}", "{1, 3}"), ("None", "..."), ("1j", "2j"),
    ("10**9999", "10**9999 + 1"), ("[[1], 2]", "[1, [2]]"), ("Color.RED", "Color.BLUE"), ("Point(1)", "Point(2)"),
    ("Point(1, Point(1))", "Point(1, Point(2))"), ("Plain([1])", "Plain([2])"), ("pathlib.Path('a')", "pathlib.Path('b')"),
    ("re.compile('a')", "re.compile('a', re.I)"), ("datetime.date(2020, 1, 1)", "datetime.datetime(2020, 1, 1)"),
    ("datetime.datetime(2020, 1, 1)", "datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)"),
    ("zoneinfo.ZoneInfo('UTC')", "datetime.timezone.utc"), ("decimal.Decimal('1.0')", "decimal.Decimal('1.00')"),
    ("uuid.UUID(int=1)", "uuid.UUID(int=2)"), ("fractions.Fraction(1, 2)", "fractions.Fraction(1, 3)"),
    ("collections.OrderedDict(a=1)", "{'a': 1}"), ("collections.deque([1])", "collections.deque([1], 3)"),
    ("collections.defaultdict(list)", "collections.defaultdict(dict)"),
    ("types.MappingProxyType({1: 2})", "types.MappingProxyType({1: 3})"), ("list(range(999))", "list(range(998)) + [0]"),
    ("types.SimpleNamespace(a=1)", "types.SimpleNamespace(a=2)"), ("range(3)", "range(4)"), ("slice(1)", "slice(2)"),
    ("typing.Optional[int]", "typing.Optional[str]"), ("list[int]", "list[str]"), ("int | str", "int | bytes"),
    ("ipaddress.ip_address('1.1.1.1')", "ipaddress.ip_address('1.1.1.2')"), ("bytearray(b'a')", "b'a'"),
    ("[one]", "[two]"), ("{'a': Point}", "{'a': Plain}"), ("functools.partial(one)", "functools.partial(two)"), ("len", "max"),
    ("str.upper", "str.lower"), ("dict", "list"), ("datetime.date.today", "datetime.datetime.today"), ("{one, 1}", "{two, 1}"),
    ("lambda: 1", "lambda: 2"), ("[lambda: 1]", "[lambda: 2]"), ("Plain(one)", "Plain(two)"),
    ("property(one)", "property(two)"), ("dict.fromkeys(map(str, range(999)))", "dict.fromkeys(map(str, range(998, -1, -1)))"),
    ("staticmethod(one)", "staticmethod(two)"), ("[print]", "[input]"), ("Plain(1).__init__", "Plain(2).__init__"),
    ("np.arange(3)", "np.arange(4)"), ("np.float64(1)", "np.float32(1)"), ("np.array(['a', None])", "np.array(['b', None])"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), DIFFERENT)
def test_a_constant_counts_by_its_value(tmp_path: Path, first: str, second: str) -> None:
    if "np." in first:
        pytest.importorskip("numpy")
    project = Project(tmp_path)
    found: list[Any] = []
    for text in (first, f"(\n    {first})  # the same", second):
        head = IMPORTS if "np." in first else IMPORTS.replace("import numpy as np", "")
        project.write({"module.py": f"{head}\nVALUE = {text}\ndef work():\n    return VALUE\n"})
        found.append(project.digest("module:work"))
    assert found[0].digest == found[1].digest != found[2].digest
    assert found[0].uncertain == found[2].uncertain == ()


def test_a_value_is_the_same_under_every_hash_seed(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write({
        "module.py": f"{IMPORTS.replace('import numpy as np', '')}\n"
        "VALUE = {'b', 'a', 'c', Color.RED, Color.BLUE, Point(1), Point(2), one, two, Point, ('x', frozenset('yz'))}\n"
        "def work():\n    return VALUE\n"
        "if __name__ == '__main__':\n    from dalsegno.code import digest_of\n    print(digest_of(work).digest)\n"
    })  # fmt: skip
    assert len({project.run("module.py", seed=str(seed)) for seed in range(4)}) == 1


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary() | st.dates(),
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner) | st.sets(st.integers())
    ),
    max_leaves=10,
)


def token(value: Any) -> Any:
    def classes_alone(value: Any, values: Values) -> Any:
        return ["class", value.__qualname__] if isinstance(value, type) else None

    return Values(classes_alone, lambda _: None).token(value)


@given(values, values)
def test_tokens_are_equal_exactly_for_equal_values(first: Any, second: Any) -> None:
    assert token(first) == token(copy.deepcopy(first))
    if repr(first) != repr(second) and first != second:
        assert token(first) != token(second)


def test_a_value_that_holds_itself_ends() -> None:
    value: list[Any] = [1]
    value.append(value)
    assert token(value) == ["list", [["int", "0x1"], ["again", 0]]]


def test_what_stands_for_something_outside_is_judged_by_how_it_is_made(tmp_path: Path) -> None:
    project = Project(tmp_path)
    text = """
        import logging, os, threading
        from concurrent.futures import ThreadPoolExecutor
        from contextvars import ContextVar
        from string import ascii_letters as letters
        POOL, LOG, LOCK = ThreadPoolExecutor(2), logging.getLogger("it"), threading.RLock()
        VAR, ENVIRON = ContextVar("it"), os.environ
        def work():
            return POOL.submit(LOG.info, LOCK), VAR, ENVIRON, letters
        from dalsegno.code import digest_of
        before = digest_of(work)
        work()[0].result()
        ENVIRON["ANOTHER"] = "1"
        assert digest_of(work) == before
        print(before.digest, before.uncertain)
    """
    project.write({"module.py": text})
    first = project.run("module.py")
    told = "`module.POOL` holds a value of type `concurrent.futures.thread.ThreadPoolExecutor`, which cannot be judged"
    assert first.rstrip().endswith(f"('{told}',)")
    for old, new in (("Executor(2)", "Executor(3)"), ("as letters", "as others; from string import digits as letters")):
        project.write({"module.py": text.replace(old, new)})
        assert project.run("module.py") != first


def test_a_value_that_leads_back_to_itself_through_a_method_ends() -> None:
    class Holder:
        def __init__(self) -> None:
            self.back = self.go

        def go(self) -> None: ...

    assert digest_of(Holder().go).digest == digest_of(Holder().go).digest


def test_a_value_of_an_installed_package_is_told(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write({
        "libs/site-packages/modelling.py": "class Model:\n    def __init__(self, weight):\n        self.weight = weight\n",
        "module.py": "import sys\nsys.path.append('libs/site-packages')\nfrom modelling import Model\n"
        "MODEL = Model(1)\ndef work():\n    return MODEL\n"
        "from dalsegno.code import digest_of\nfound = digest_of(work)\nprint(found.digest, found.uncertain)\n",
    })  # fmt: skip
    first = project.run("module.py")
    told = "('`module.MODEL` holds a value of type `modelling.Model`, which is judged by what pickle stores of it',)"
    assert told in first
    project.write({"module.py": (project.folder / "module.py").read_text().replace("Model(1)", "Model(2)")})
    assert project.run("module.py") != first


def test_a_value_that_is_too_large_is_told_and_judged_by_how_it_is_made(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write({"module.py": "VALUE = [(one,) for one in range(60_000)]\ndef work():\n    return VALUE\n"})
    found = project.digest("module:work")
    assert found.uncertain == ("`module.VALUE` holds a value of type `list`, which is too large to be judged",)
    project.write({"module.py": "VALUE = [(one,) for one in range(60_001)]\ndef work():\n    return VALUE\n"})
    assert project.digest("module:work").digest != found.digest


def test_closed_over_values_of_every_kind_count() -> None:
    def holding(value: Any) -> Any:
        return lambda: value

    assert digest_of(holding({"a": [1]})).digest == digest_of(holding({"a": [1]})).digest
    assert digest_of(holding({"a": [1]})).digest != digest_of(holding({"a": [2]})).digest
