"""What counts in the digest of a function's code, and what does not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.support.projects import Change, Project, replaced

from dalsegno.code import differences

FILES = {
    "steps.py": '''
        """Steps."""
        import functools
        import json
        import numpy_like as nl
        import helpers as h
        import pkg.deep
        from helpers import scale
        from pkg.models import Model

        def logged(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                return function(*args, **kwargs)
            return wrapper

        @logged
        def train(data, rate=0.1):
            """Train."""
            from lazy import later
            import pkg.lazier
            model = Model()
            total = [h.clean(one) for one in data]
            return later(scale(model.fit(total))), pkg.deep.dig(rate), pkg.lazier.go(), json.dumps(1)

        def other(data):
            return data
    ''',
    "helpers.py": """
        import re
        import functools
        from limits import LIMIT, make

        FACTORS = {"low": [1, 2], "high": {3.5, 4.5}}
        PATTERN = re.compile("a+")

        def _scale(data, by):
            return [one * by for one in data]

        scale = functools.partial(_scale, by=3)
        made = make(10)

        def clean(data):
            return min(data, LIMIT) + made(1) if PATTERN.match("aa") else FACTORS["low"]

        def unused():
            return 17
    """,
    "limits.py": """
        BASE = 50
        LIMIT = BASE * 2

        def make(number):
            def inner(data):
                return data + number
            return inner
    """,
    "lazy.py": """
        from lazy_limits import WIDTH as width
        def later(data):
            return _within(data) * width
        def _within(data):
            return data[:7]
        def unused():
            return 18
    """,
    "lazy_limits.py": "WIDTH = 6\nHEIGHT = 19\n",
    "numpy_like.py": "",
    "pkg/__init__.py": "",
    "pkg/deep.py": """
        from . import deeper
        def dig(data):
            return deeper.DEPTH + data
    """,
    "pkg/deeper.py": "DEPTH = 11\n",
    "pkg/lazier.py": """
        from .deeper import DEPTH
        def go():
            return -DEPTH - 12
    """,
    "pkg/models.py": """
        class Base:
            size = 13
            def fit(self, data):
                return self.prepare(data)
        class Model(Base):
            kind: str = "linear"
            def prepare(self, data):
                return data + 14
            @property
            def shape(self):
                return (15, 16)
    """,
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path / "project")
    project.write(FILES)
    return project


def change(project: Project, file: str, how: Change) -> None:
    path = project.folder / file
    path.write_text(how(path.read_text()))


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("steps.py", "rate=0.1", "rate=0.2", "steps.train"),
        ("steps.py", "[h.clean(one)", "[-h.clean(one)", "steps.train"),
        ("steps.py", "function(*args, **kwargs)", "function(*args)", "steps.logged.<locals>.wrapper"),
        ("helpers.py", "made(1) if", "made(2) if", "helpers.clean"),
        ("helpers.py", "by=3", "by=4", "helpers.scale"),
        ("helpers.py", "one * by", "one / by", "helpers._scale"),
        ("helpers.py", "[1, 2]", "[1, 3]", "helpers.FACTORS"),
        ("helpers.py", "{3.5, 4.5}", "{3.5, 4.6}", "helpers.FACTORS"),
        ("helpers.py", '"a+"', '"b+"', "helpers.PATTERN"),
        ("helpers.py", "make(10)", "make(11)", "limits.make.<locals>.inner"),
        ("limits.py", "BASE = 50", "BASE = 51", "limits.LIMIT"),
        ("limits.py", "data + number", "data - number", "limits.make.<locals>.inner"),
        ("lazy.py", "data[:7]", "data[:8]", "lazy._within"),
        ("lazy_limits.py", "WIDTH = 6", "WIDTH = 5", "lazy_limits.WIDTH"),
        ("pkg/deeper.py", "11", "12", "pkg.deeper.DEPTH"),
        ("pkg/lazier.py", "12", "13", "pkg.lazier.go"),
        ("pkg/models.py", "size = 13", "size = 12", "pkg.models.Base"),
        ("pkg/models.py", "data + 14", "data + 13", "pkg.models.Model"),
        ("pkg/models.py", "(15, 16)", "(15, 17)", "pkg.models.Model"),
        ("pkg/models.py", ": str =", ": bytes =", "pkg.models.Model"),
    ],
)
def test_a_change_of_what_is_reached_is_seen(project: Project, file: str, old: str, new: str, told: str) -> None:
    before = project.digest("steps:train")
    change(project, file, replaced(old, new))
    after = project.digest("steps:train")
    assert after.digest != before.digest
    assert f"code of `{told}` changed" in differences(before, after)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("steps.py", '"""Train."""', '"""Train a model."""  # with care'),
        ("steps.py", "return data\n", "return [data]\n"),
        ("steps.py", "model = Model()", "\n\n    model = (\n        Model()\n    )"),
        ("steps.py", "import json", "import json\nimport os  # for later"),
        ("helpers.py", "return 17", "return 71"),
        ("helpers.py", '{"low": [1, 2], "high": {3.5, 4.5}}', '{\n  "low": [1, 2], "high": {4.5, 3.5},\n}'),
        ("limits.py", "BASE * 2", "100"),
        ("lazy.py", "return 18", "return 81"),
        ("lazy_limits.py", "HEIGHT = 19", "HEIGHT = 91"),
        ("pkg/models.py", "def prepare(self, data):", 'def prepare(self, data):\n        "Prepare."\n        pass'),
        ("pkg/models.py", "size = 13", '"""The base."""\n    size = 13\n    """Its size."""'),
    ],
)
def test_what_is_not_code_or_not_reached_does_not_count(project: Project, file: str, old: str, new: str) -> None:
    before = project.digest("steps:train")
    change(project, file, replaced(old, new))
    after = project.digest("steps:train")
    assert after.digest == before.digest
    assert differences(before, after) == ()


def test_all_that_is_reached_is_named_and_nothing_is_uncertain(project: Project) -> None:
    found = project.digest("steps:train")
    assert found.reached[0] == "steps:logged.<locals>.wrapper"
    assert {"steps:train", "helpers:clean", "limits:LIMIT", "lazy:_within", "pkg.models:Base"} <= set(found.reached)
    assert not {"helpers:unused", "lazy:unused", "steps:other", "lazy_limits:HEIGHT"} & set(found.reached)
    assert found.uncertain == ()


def test_the_digest_is_the_same_in_every_process_on_every_path_and_as_a_script(
    project: Project, tmp_path: Path
) -> None:
    told = "from dalsegno.code import digest_of\nprint(digest_of(train).digest)\n"
    project.write({"told.py": f"from steps import train\n{told}"})
    change(project, "steps.py", lambda text: f'{text}\nif __name__ == "__main__":\n    {told.replace(chr(10), "; ")}')
    shutil.copytree(project.folder, tmp_path / "copy")
    expected = project.digest("steps:train").digest
    elsewhere = Project(tmp_path / "copy")
    assert elsewhere.digest("steps:train").digest == expected
    assert project.run("told.py", seed="1").strip() == expected
    assert elsewhere.run("steps.py", seed="2").strip() == expected
    assert project.run("-m", "steps", seed="3").strip() == expected


def test_the_digest_is_the_same_after_a_run_that_loads_and_fills(project: Project) -> None:
    project.write({
        "memo.py": """
            import threading
            SEEN = {}
            LOCK = threading.Lock()
            class Store:
                def __init__(self):
                    self.kept = []
                def keep(self, one):
                    self.kept.append(one)
            STORE = Store()
            def remember(one):
                import lazy_limits
                with LOCK:
                    SEEN[one] = lazy_limits.WIDTH
                    STORE.keep(one)
                return SEEN
        """
    })  # fmt: skip
    from dalsegno.code import digest_of

    with project.imported("memo") as memo:
        before = digest_of(memo.remember)
        memo.remember(1)
        assert digest_of(memo.remember).digest == before.digest
    assert before.uncertain == (
        "`memo.SEEN` is changed by the code itself: only how it begins is judged",
        "`memo.STORE` is changed by the code itself: only how it begins is judged",
    )
    assert {"memo:Store", "lazy_limits:WIDTH"} <= set(before.reached)


def test_the_digest_of_a_function_may_never_change(project: Project) -> None:
    """Stored digests are compared with new ones: a change of how they are made would run everything again."""
    assert project.digest("steps:train").digest == "9c18152ab38cadf54ae371156e0e4b205b8e91cb4d9f55a9585ca999d66295eb"
