"""What a function reaches beyond plain calls: what it closes over, objects that hold code, imports, what is not there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.support.projects import Project

import dalsegno
from dalsegno.code import differences, digest_of

#: an object that holds what cannot be taken apart, and something that can
LOCKED = """
import threading
class Held:
    def __init__(self, x):
        self.x, self.lock = x, threading.Lock()
HELD = Held('old')
def work():
    return HELD
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def same(project: Project, before: str, after: str, name: str = "work", **others: str) -> bool:
    """Whether a function of a module has one digest with two texts of the module."""
    files = {f"{other}.py": text for other, text in others.items()}
    project.write({**files, "module.py": before})
    first = project.digest(f"module:{name}")
    project.write({"module.py": after})
    return first.digest == project.digest(f"module:{name}").digest


def adding(number: int) -> Callable[[int], int]:
    return lambda value: value + number


def test_what_a_function_closes_over_counts_by_value() -> None:
    assert digest_of(adding(1)).digest == digest_of(adding(1)).digest
    assert digest_of(adding(1)).digest != digest_of(adding(2)).digest


def test_what_a_partial_binds_counts_by_value() -> None:
    assert digest_of(partial(adding, 1)).digest == digest_of(partial(adding, 1)).digest
    assert digest_of(partial(adding, 1)).digest != digest_of(partial(adding, 2)).digest
    assert digest_of(partial(adding, number=1)).digest != digest_of(partial(adding, 1)).digest


def test_lambdas_on_one_line_are_told_apart() -> None:
    made: list[Callable[[], int]] = [lambda: 1, lambda: 2, lambda: 1]
    first, second, third = (digest_of(one).digest for one in made)
    assert first == third != second


def test_defaults_that_a_loop_gives_count_by_value() -> None:
    made: list[Callable[[], int]] = [lambda by=by: by + 1 for by in (1, 2)]
    assert digest_of(made[0]).digest != digest_of(made[1]).digest


def test_a_default_that_calls_fill_does_not_count() -> None:
    def remember(value: int, seen: dict[int, int] = {}) -> dict[int, int]:  # noqa: B006 (this is what is tested)
        seen[value] = value
        return seen

    before = digest_of(remember).digest
    remember(1)
    assert digest_of(remember).digest == before


class Scale:
    def __init__(self, by: int) -> None:
        self.by = by

    def __call__(self, value: int) -> int:
        return value * self.by

    def half(self, value: int) -> int:
        return value * self.by // 2


def test_objects_that_can_be_called_count_with_their_class_and_state() -> None:
    assert digest_of(Scale(2)).digest == digest_of(Scale(2)).digest != digest_of(Scale(3)).digest
    assert digest_of(Scale(2).half).digest == digest_of(Scale(2).half).digest != digest_of(Scale(3).half).digest
    assert any(name.endswith(":Scale") for name in digest_of(Scale(2)).reached)


class Step:
    """Stands for a function, as a step does."""

    def __init__(self, function: Callable[..., Any], **options: Any) -> None:
        self.__dalsegno_function__ = function
        self.__dalsegno_options__ = options


def test_a_step_is_followed_to_its_function_and_its_options_count() -> None:
    assert digest_of(Step(adding(1))).digest == digest_of(Step(adding(1))).digest  # type: ignore[arg-type]
    assert digest_of(Step(adding(1))).digest != digest_of(Step(adding(2))).digest  # type: ignore[arg-type]
    assert digest_of(Step(adding(1), retry=1)).digest != digest_of(Step(adding(1))).digest  # type: ignore[arg-type]


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize(
    ("imported", "used"),
    [("from dalsegno.demo_steps import step", "step"), ("import dalsegno.demo_steps as d", "d.step")],
)
def test_a_decorator_of_ours_counts_by_its_options_alone(
    project: Project, monkeypatch: pytest.MonkeyPatch, imported: str, used: str, *, inside: bool
) -> None:
    module = ModuleType("dalsegno.demo_steps")
    exec("def step(**options):\n    return lambda function: function", vars(module))
    monkeypatch.setitem(sys.modules, "dalsegno.demo_steps", module)
    monkeypatch.setattr(dalsegno, "demo_steps", module, raising=False)
    text = f"{imported}\nNOTE = 1\n@{used}(retry=2, note=NOTE)\ndef work(x):\n    return x\n"
    project.write({"caller.py": "def call(x):\n    from module import work\n    return work(x)\n"})
    project.write({"module.py": text})
    entry = "caller:call" if inside else "module:work"
    before = project.digest(entry)
    project.write({"module.py": text.replace("retry=2", "retry=3").replace("NOTE = 1", "NOTE = 2")})
    assert project.digest(entry) == before
    project.write({"module.py": text.replace("return x", "return -x")})
    assert project.digest(entry).digest != before.digest


def test_options_count() -> None:
    assert digest_of(adding, options={"retry": 1}).digest != digest_of(adding, options={"retry": 2}).digest
    assert (
        digest_of(adding, options={"hook": adding(1)}).digest != digest_of(adding, options={"hook": adding(2)}).digest
    )


def test_a_decorator_without_wraps_and_one_of_a_library_are_followed(project: Project) -> None:
    library = "def keep(function):\n    def kept(*args):\n        return function(*args)\n    return kept\n"
    project.write({"libs/site-packages/keeping.py": library})
    sys.path.append(str(project.folder / "libs/site-packages"))
    try:
        text = "import keeping, functools\n@keeping.keep\n@functools.lru_cache\ndef work(x):\n    return x + 1\n"
        assert not same(project, text, text.replace("x + 1", "x + 2"))
    finally:
        sys.path.pop()


@pytest.mark.parametrize(
    "text",
    [
        "VALUE = 'old'\ndef work():\n    def inner():\n        return [VALUE for _ in range(3)]\n    return inner",
        "VALUE = 'old'\nclass Inner:\n    held = VALUE\ndef work():\n    return Inner",
        "VALUE = 'old'\ndef work(given=VALUE):\n    return given",
        "VALUE = 'old'\ndef make(x):\n    return x\nMADE = {'a': [make], 'b': (VALUE,)}\ndef work():\n    return MADE",
        "def make():\n    return 'old'\nMADE = {'a': [make]}\ndef work():\n    return MADE",
        "async def work():\n    async def inner():\n        yield 'old'\n    return inner",
        "def work(x):\n    match x:\n        case {'old': y, **rest}:\n            return rest\n",
        "def work(x: 'old'): ...",
        "def work(x):\n    return f'{x:old}'",
        "import functools\ndef base(x, y): return x, y\nwork = functools.partial(base, y='old')",
        "import functools\n@functools.singledispatch\ndef work(x): return 1\n@work.register\ndef _(x: int): return 'old'",
        "class Meta(type):\n    kind = 'old'\nclass Held(metaclass=Meta): ...\ndef work():\n    return Held()",
        "class Held:\n    @property\n    def it(self):\n        return 'old'\ndef work():\n    return Held().it",
        "import enum\nclass Kind(enum.Enum):\n    ONE = 'old'\ndef work():\n    return Kind.ONE",
        "from collections import namedtuple\nPoint = namedtuple('Point', 'x old')\ndef work():\n    return Point(1, 2)",
        LOCKED,
        "VALUE = 'old'\nclass Held:\n    VALUE = 1\n    def go(self):\n        return VALUE\ndef work():\n    return Held",
        "V = 'old'\ndef work(V):\n    def inner():\n        global V\n        return lambda: V\n    return inner",
        "ALL = {}\ndef add(x):\n    ALL[1] = x\n    return x\n@add\nclass One:\n    x = 'old'\ndef work():\n    return ALL[1]",
        "OPEN = open(__file__, encoding='utf-8' or 'old')\nOPEN.close()\ndef work():\n    return OPEN",
    ],
)
def test_a_change_is_seen_wherever_it_stands(project: Project, text: str) -> None:
    assert same(project, text, f"# a comment\n{text}\n\n# another\n")
    assert not same(project, text, text.replace("old", "new"))


IMPORTS = [
    ("import other", "other.value()"),
    ("import other as o", "o.value()"),
    ("from other import value", "value()"),
    ("from other import value as v", "v()"),
    ("from star import *", "value()"),
    ("import star", "star.value()"),
    ("try:\n    import not_there as o\nexcept ImportError:\n    import other as o", "o.value()"),
    ("import other", "getattr(other, 'value')()"),
    ("import other", "getattr(other, 'val' + 'ue')()"),
    ("import other", "vars(other)['value']()"),
    ("from importlib import import_module", "import_module('other').value()"),
]


@pytest.mark.parametrize(
    ("imports", "call", "inside"),
    [(*one, inside) for one in IMPORTS for inside in (False, True) if not (inside and "*" in one[0])],
)
def test_each_kind_of_import_is_followed(project: Project, imports: str, call: str, *, inside: bool) -> None:
    head = "def work():\n    " + imports.replace("\n", "\n    ") if inside else f"{imports}\ndef work():"
    other = "from last import LAST\ndef value():\n    return LAST\ndef unused(): ...\n"
    project.write({"star.py": "from other import *\n", "other.py": other, "last.py": "LAST = 1\n"})
    project.write({"module.py": f"{head}\n    return {call}\n"})
    first = project.digest("module:work")
    project.write({"last.py": "LAST = 2\n"})
    second = project.digest("module:work")
    assert first.digest != second.digest
    assert "last:LAST" in second.reached
    assert first.uncertain == ()


def test_an_import_whose_name_is_not_used_counts_whole(project: Project) -> None:
    project.write({"module.py": "def work():\n    import pkg.effects\n", "pkg/__init__.py": ""})
    project.write({"pkg/effects.py": "print('a')\n"})
    first = project.digest("module:work").digest
    project.write({"pkg/effects.py": "print('b')\n"})
    assert project.digest("module:work").digest != first


def test_another_library_under_the_same_name_is_seen(project: Project) -> None:
    text = "import json as j\ndef work(x):\n    return j.dumps(x)\n"
    assert not same(project, text, text.replace("json", "marshal"))


def test_long_chains_and_circles_end(project: Project) -> None:
    lines = [f"def f{number}(x):\n    return f{number + 1}(x)\n" for number in range(2000)]
    text = "\n".join([*lines, "def f2000(x):\n    import module\n    return module.f0(x) + 1\n"])
    assert not same(project, text, text.replace("+ 1", "+ 2"), "f0")


def test_modules_that_import_each_other_in_circles_end(project: Project) -> None:
    project.write({
        "module.py": "def work():\n    import one\n    return one.value(), one.lost, one.round\n",
        "one.py": "from two import *\nfrom two import round\nfrom math import *\n",
        "two.py": "from three import *\nfrom one import *\nfrom one import round\n",
        "three.py": "def value():\n    return 1, __file__, __name__\n",
    })  # fmt: skip
    first = project.digest("module:work")
    project.write({"three.py": "def value():\n    return 2, __file__, __name__\n"})
    assert project.digest("module:work").digest != first.digest
    assert "three:value" in first.reached


def test_paths_that_are_made_from_the_place_of_a_module_are_the_same_on_another(tmp_path: Path) -> None:
    files = {
        "places.py": "from pathlib import Path\nHERE = Path(__file__).parent\nDATA = HERE / 'data'\n",
        "module.py": "import os\nfrom places import DATA\nNAME = os.path.dirname(__file__)\n"
        "def work(path=DATA, *, name=NAME):\n    return DATA, NAME, path, __file__\n",
    }
    one, two = Project(tmp_path / "one"), Project(tmp_path / "two")
    one.write(files)
    two.write(files)
    first = one.digest("module:work")
    assert two.digest("module:work").digest == first.digest
    two.write({"places.py": files["places.py"].replace("'data'", "'other'")})
    changed = two.digest("module:work")
    assert differences(first, changed) == ("code of `places.DATA` changed",)


def test_a_name_that_does_not_exist_yet_is_told(project: Project) -> None:
    project.write({"module.py": "def work():\n    return LATER\n"})
    assert project.digest("module:work").uncertain == ("`module.work` uses `LATER`, which does not exist yet",)


def test_a_name_that_the_code_assigns_does_not_count(project: Project) -> None:
    project.write({"module.py": "def work():\n    global MADE\n    MADE = 1\n    return MADE\n"})
    with project.imported("module") as module:
        before = digest_of(module.work)
        module.work()
        assert digest_of(module.work) == before
    assert before.uncertain == ()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return getattr(x, x.name)", "reads an attribute of `x` by a name that is known only when it runs"),
        (
            "import importlib\n    return importlib.import_module(x)",
            "imports a module by a name that is known only when it runs",
        ),
        ("return eval(x)", "runs code that it makes itself (`eval`)"),
        ("return globals()[x]", "looks names up in `globals()`"),
        ("import sys\n    return sys.modules[x]", "looks modules up in `sys.modules`"),
    ],
)
def test_what_is_known_only_when_it_runs_is_told(project: Project, body: str, told: str) -> None:
    project.write({"module.py": f"def work(x):\n    {body}\n"})
    [sentence] = project.digest("module:work").uncertain
    assert sentence.startswith(f"`module.work` {told}")
    assert f"(line {2 + body.count(chr(10))})" in sentence


def test_code_without_source_is_judged_by_what_was_compiled(project: Project) -> None:
    def made(text: str) -> Callable[..., Any]:
        names: dict[str, Any] = {"__name__": "typed_in", "helper": helper}
        exec(text, names)
        return names["work"]

    with project.imported("json"):
        helper = adding(1)
        text = "def work(x):\n    'A docstring.'\n    return helper(x.real) + 1\n"
        found = digest_of(made(text))
        assert digest_of(made(f"\n\n{text}".replace("A doc", "Another doc"))).digest == found.digest
        assert digest_of(made(text.replace("+ 1", "+ 2"))).digest != found.digest
        helper = adding(2)
        assert digest_of(made(text)).digest != found.digest
    told = "`typed_in.work` is judged by its compiled code, since its source cannot be read: another Python makes it differ"
    assert found.uncertain == (told,)


def test_a_file_that_changed_after_it_was_loaded_does_not_pass_for_what_runs(project: Project) -> None:
    project.write({"module.py": "def work():\n    return 1\n"})
    with project.imported("module") as module:
        project.write({"module.py": "def work():\n    return 2\n"})
        old = digest_of(module.work)
    told = f"`module.work` is judged by its compiled code, since `{project.folder}/module.py` has changed since it was loaded"
    assert old.uncertain == (f"{told}: another Python makes it differ",)
    assert project.digest("module:work").digest != old.digest


def test_a_file_that_changed_after_it_was_imported_in_a_function_is_told(project: Project) -> None:
    project.write({"module.py": "def work():\n    import lazy\n    return lazy.value()\n"})
    project.write({"lazy.py": "def value():\n    return 1\n"})
    with project.imported("module") as module:
        module.work()
        project.write({"lazy.py": "def value():\n    return 2\n"})
        old = digest_of(module.work)
    told = f"`{project.folder}/lazy.py` has changed since it was loaded: what of `lazy` runs cannot be judged"
    assert old.uncertain == (told,)
    assert project.digest("module:work").digest != old.digest


def test_what_compiled_code_imports_when_it_runs_is_followed(project: Project) -> None:
    project.write({"lazy.py": "def value():\n    return 1\n", "pkg/__init__.py": "", "pkg/deep.py": "DEPTH = 1\n"})
    names: dict[str, Any] = {"__name__": "typed_in"}
    text = "def work():\n    from lazy import value\n    import pkg.deep\n    return lambda: value() + pkg.deep.DEPTH\n"
    exec(text, names)
    seen: set[str] = set()
    for change in ({}, {"lazy.py": "def value():\n    return 2\n"}, {"pkg/deep.py": "DEPTH = 2\n"}):
        project.write(change)
        with project.imported("json"):
            seen.add(digest_of(names["work"]).digest)
    assert len(seen) == 3


def test_a_file_that_changes_after_its_first_digest_changes_nothing_in_this_process(project: Project) -> None:
    project.write({"module.py": "def work():\n    return 1\n"})
    with project.imported("module") as module:
        before = digest_of(module.work)
        project.write({"module.py": "def work():\n    return 2\n"})
        assert digest_of(module.work) == before


def test_a_value_that_cannot_be_taken_apart_is_judged_by_how_it_is_made_and_told(project: Project) -> None:
    project.write({"module.py": "COUNT = (one for one in [1])\ndef work():\n    return COUNT\n"})
    found = project.digest("module:work")
    assert found.uncertain == ("`module.COUNT` holds a value of type `generator`, which cannot be judged",)


def test_functions_of_libraries_and_of_python_need_no_sources() -> None:
    assert digest_of(len).reached == ()
    assert digest_of(Path.exists).uncertain == ()
    assert digest_of(len).digest != digest_of(max).digest


def test_modules_that_a_library_makes_are_no_modules_of_the_user(project: Project) -> None:
    made = "import sys, types\nmoves = sys.modules['moving.moves'] = types.ModuleType('moving.moves')\nmoves.go = len\n"
    project.write({"libs/site-packages/moving/__init__.py": made})
    project.write(
        {"module.py": "from moving.moves import go\nimport moving.moves as m\ndef work():\n    return go, m.go, m\n"}
    )
    sys.path.append(str(project.folder / "libs/site-packages"))
    try:
        found = project.digest("module:work")
    finally:
        sys.path.pop()
    assert (found.reached, found.uncertain) == (("module:work",), ())
