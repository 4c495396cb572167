"""Code that was stored runs as it was, in a process of its own, after its files have changed or are gone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from textwrap import dedent

import pytest
from tests.support.projects import Project

#: stores a function as a service would: JSON, and what belongs to it by digest
STORE = """
    import json, os
    from pathlib import Path
    from dalsegno.code import collect
    def store(function, folder):
        bundle = collect(function)
        Path(folder).mkdir(exist_ok=True)
        for digest, data in bundle.files().items():
            Path(folder, digest).write_bytes(data)
        assert set(bundle.files()) == bundle.digests()
        Path(folder, "bundle.json").write_text(json.dumps(bundle.to_json()))
        return bundle
"""
LOAD = """
    import json
    from pathlib import Path
    from dalsegno.code import Bundle, load
    def loaded(folder):
        bundle = Bundle.from_json(json.loads(Path(folder, "bundle.json").read_text()))
        return load(bundle, read=lambda digest: Path(folder, digest).read_bytes())
"""
MODULES = {
    "steps.py": """
        import functools
        from pkg import tools

        def times(number):
            def decorate(function):
                @functools.wraps(function)
                def wrapper(*args):
                    return function(*args) * number
                return wrapper
            return decorate

        def train(data):
            from lazy import late
            return tools.clean(data) + [late()]

        @times(2)
        def twice(data):
            return tools.clean(data)
    """,
    "lazy.py": "def late():\n    return 'late'\n",
    "pkg/__init__.py": "from .tools import clean\n",
    "pkg/tools.py": """
        from .sub.deep import DEPTH
        from . import sub

        def clean(data):
            return [one + DEPTH for one in data]
    """,
    "pkg/sub/__init__.py": "",
    "pkg/sub/deep.py": "from ..base import ONE\nDEPTH = ONE * 10\n",
    "pkg/base.py": "ONE = 1\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path / "project")
    project.write(MODULES)
    project.write({"storing.py": STORE})
    return project


@pytest.fixture
def away(tmp_path: Path) -> Project:
    """A folder that holds none of the user's modules."""
    away = Project(tmp_path / "away")
    away.write({"loading.py": LOAD})
    return away


def store(project: Project, code: str, *, folder: str = "stored") -> None:
    project.run("-c", dedent(code) + f"\nfrom storing import store; store(function, {folder!r})")


def run(away: Project, stored: Path, code: str) -> str:
    return away.run("-c", f"from loading import loaded\nstored = {str(stored)!r}\n{dedent(code)}").strip()


CALL = "print(loaded(stored).function([1, 2]))"


def test_a_function_of_a_module_runs_as_it_was_after_its_modules_have_changed(project: Project, away: Project) -> None:
    store(project, "from steps import train as function")
    project.write({
        "steps.py": "def train(data):\n    return 'changed'\n", "pkg/base.py": "ONE = 5\n", "lazy.py": "",
    })  # fmt: skip
    assert run(away, project.folder / "stored", CALL) == "[11, 12, 'late']"


def test_the_stored_module_comes_before_the_one_on_disk(project: Project, away: Project) -> None:
    store(project, "from steps import train as function")
    project.write(
        {"steps.py": "def train(data):\n    return 'changed'\n", "pkg/base.py": "ONE = 5\n", "lazy.py": "1/0"}
    )
    shutil.copy(away.folder / "loading.py", project.folder / "loading.py")
    code = """
        import sys, steps, pkg.base
        with loaded(stored) as function:
            print(function([1]), end=" ")
        assert sys.modules["steps"] is steps and sys.modules["pkg.base"] is pkg.base and pkg.base.ONE == 5
        print(steps.train([1]), __import__("pkg").base.ONE)
    """
    assert run(project, project.folder / "stored", code) == "[11, 'late'] changed 5"


def test_a_function_runs_after_its_files_were_deleted(project: Project, away: Project, tmp_path: Path) -> None:
    store(project, "from steps import train as function", folder=str(tmp_path / "stored"))
    shutil.rmtree(project.folder)
    assert run(away, tmp_path / "stored", CALL) == "[11, 12, 'late']"


def test_a_decorated_function_is_loaded_with_or_without_what_is_around_it(project: Project, away: Project) -> None:
    store(project, "from steps import twice as function")
    store(project, "import steps; function = steps.twice.__wrapped__", folder="inner")
    assert run(away, project.folder / "stored", CALL) == "[11, 12, 11, 12]"
    assert run(away, project.folder / "inner", CALL) == "[11, 12]"


def test_a_script_is_not_run_again(project: Project, away: Project) -> None:
    project.write({
        "script.py": """
            from pkg import tools
            print("the script runs")
            OFFSET = 100
            class Holder:
                def get(self):
                    return OFFSET
            def work(data):
                import lazy
                return [Holder().get(), *tools.clean(data), lazy.late()]
            from storing import store
            store(work, "stored")
        """
    })  # fmt: skip
    assert project.run("script.py").strip() == "the script runs"
    shutil.rmtree(project.folder / "pkg")
    project.write({"script.py": "raise SystemExit('never')"})
    assert run(away, project.folder / "stored", CALL) == "[100, 11, 12, 'late']"


def test_the_source_of_a_script_is_shown_as_it_was(project: Project, away: Project) -> None:
    script = """
        def work(data):
            return data[0] / 0  # as it was
        from storing import store
        store(work, "stored")
    """
    project.write({"script.py": script})
    project.run("script.py")
    project.write({"script.py": "changed = 1\n" * 10})
    code = """
        import inspect, traceback
        function = loaded(stored).function
        print(inspect.getsource(function))
        try:
            function([1])
        except ZeroDivisionError:
            print(traceback.format_exc())
    """
    assert run(away, project.folder / "stored", code).count("# as it was") == 2


def test_code_from_standard_input_runs_as_it_was(project: Project, away: Project) -> None:
    text = """
        from pkg.tools import clean
        FACTOR = 3
        def work(data):
            return clean(data) * FACTOR
        from storing import store
        store(work, "stored")
    """
    project.run("-", text=dedent(text))
    shutil.rmtree(project.folder / "pkg")
    assert run(away, project.folder / "stored", CALL) == str([11, 12] * 3)


def test_a_cell_of_a_notebook_runs_as_it_was_and_has_its_digest(project: Project, away: Project) -> None:
    code = """
        import linecache, __main__
        def cell(number, text):
            name = f"<ipython-input-{number}-0123456789ab>"
            linecache.cache[name] = (len(text), None, text.splitlines(True), name)
            exec(compile(text, name, "exec"), vars(__main__))
        cell(1, "from pkg import tools\\nfrom dataclasses import dataclass\\nSHIFT = 7\\n")
        cell(2, "@dataclass\\nclass Shift:\\n    by: int = 0\\n    def go(self, one):\\n        return one + self.by\\n")
        cell(3, "def work(data):\\n    # kept\\n    return [Shift(SHIFT).go(one) for one in tools.clean(data)]\\n")
        from storing import store
        from dalsegno.code import digest_of
        found = digest_of(work)
        assert found.uncertain == (), found.uncertain
        assert {"__main__:Shift", "__main__:SHIFT", "pkg.tools:clean"} <= set(found.reached), found.reached
        store(work, "stored")
        cell(4, "def work(data):\\n    'Said anew.'\\n    return [Shift(SHIFT).go(one) for one in tools.clean(data)]\\n")
        assert digest_of(work).digest == found.digest
        cell(5, "SHIFT = 8")
        assert digest_of(work).digest != found.digest
    """
    project.run("-c", dedent(code))
    shutil.rmtree(project.folder / "pkg")
    assert run(away, project.folder / "stored", CALL) == "[18, 19]"
    inspected = run(
        away, project.folder / "stored", "import inspect; print(inspect.getsource(loaded(stored).function))"
    )
    assert "# kept" in inspected


def test_closures_lambdas_and_partials_run_as_they_were(project: Project, away: Project) -> None:
    project.write({
        "made.py": """
            from functools import partial
            from pkg.tools import clean
            def make(by):
                def inner(data):
                    return [one * by for one in clean(data)]
                return inner
            double = make(2)
            short = lambda data: clean(data)[:1]
            part = partial(make(3), [5])
        """
    })  # fmt: skip
    for name in ("double", "short", "part"):
        store(project, f"from made import {name} as function", folder=name)
        shutil.move(project.folder / name, away.folder / name)
    store(project, "import made; function = made.make(4)", folder="four")
    shutil.move(project.folder / "four", away.folder / "four")
    shutil.rmtree(project.folder)
    told = {name: run(away, away.folder / name, f"print(loaded(stored).function({call}))") for name, call in
            {"double": "[1]", "short": "[1, 2]", "part": "", "four": "[1]"}.items()}  # fmt: skip
    assert told == {"double": "[22]", "short": "[11]", "part": "[45]", "four": "[44]"}


def test_two_revisions_are_loaded_one_after_another(project: Project, away: Project) -> None:
    store(project, "from steps import train as function", folder="first")
    project.write({"pkg/base.py": "ONE = 2\n", "lazy.py": "def late():\n    return 'later'\n"})
    store(project, "from steps import train as function", folder="second")
    code = f"""
        import sys
        folder = {str(project.folder)!r}
        for name in ("first", "second", "first"):
            with loaded(f"{{folder}}/{{name}}") as function:
                print(function([0]), end=" ")
        print([name for name in sys.modules if name.partition(".")[0] in ("steps", "pkg", "lazy")], len(sys.meta_path))
    """
    before = away.run("-c", "import sys; print(len(sys.meta_path))").strip()
    assert run(away, project.folder, code) == f"[10, 'late'] [20, 'later'] [10, 'late'] [] {before}"


def test_what_was_loaded_later_is_unloaded_with_what_was_loaded_before(project: Project, away: Project) -> None:
    store(project, "from steps import train as function", folder="first")
    project.write({"pkg/base.py": "ONE = 2\n"})
    store(project, "from steps import train as function", folder="second")
    code = f"""
        import sys
        before = set(sys.modules)
        first, second = loaded({str(project.folder / "first")!r}), loaded({str(project.folder / "second")!r})
        print(first.function([0]), second.function([0]), end=" ")
        second.unload()
        import steps
        print(steps.train([0]), end=" ")
        second = loaded({str(project.folder / "second")!r})
        first.unload()
        second.unload()
        print([name for name in set(sys.modules) - before if name.partition(".")[0] in ("steps", "pkg", "lazy")])
    """
    assert run(away, project.folder, code) == "[10, 'late'] [20, 'late'] [10, 'late'] []"


def test_sources_and_tracebacks_show_the_stored_text(project: Project, away: Project) -> None:
    store(project, "from steps import train as function")
    (project.folder / "pkg/tools.py").write_text("# nothing\n" * 50)
    code = """
        import inspect, traceback
        with loaded(stored) as function:
            print("from lazy import late" in inspect.getsource(function))
            import pkg.tools, steps
            print(steps.__file__, pkg.tools.__file__)
            assert "return [one + DEPTH for one in data]" in inspect.getsource(pkg.tools)
            try:
                function(None)
            except TypeError:
                print(traceback.format_exc())
    """
    told = run(away, project.folder / "stored", code)
    assert told.startswith(f"True\n{project.folder}/steps.py {project.folder}/pkg/tools@")
    assert "return [one + DEPTH for one in data]" in told
    assert "return tools.clean(data) + [late()]" in told


def test_the_digest_of_a_loaded_module_is_that_of_the_stored(project: Project, away: Project) -> None:
    store(project, "from steps import twice as function")
    shutil.rmtree(project.folder / "pkg")
    code = """
        from dalsegno.code import digest_of
        bundle = json.loads(Path(stored, "bundle.json").read_text())
        with loaded(stored) as function:
            print(digest_of(function).digest == bundle["code"]["digest"])
    """
    assert run(away, project.folder / "stored", "import json\nfrom pathlib import Path\n" + dedent(code)) == "True"


def test_packages_without_init_and_data_beside_modules_are_found(project: Project, away: Project) -> None:
    project.write({
        "space/part/inner.py": """
            from importlib.resources import files
            from pathlib import Path
            def read():
                return Path(__file__).with_name("data.txt").read_text() + files("pkg").joinpath("data.txt").read_text()
        """,
        "space/part/data.txt": "beside ",
        "pkg/data.txt": "inside",
        "steps.py": "import pkg\nfrom space.part.inner import read\ndef train():\n    return read()\n",
    })  # fmt: skip
    store(project, "from steps import train as function")
    for name in ("space/part/inner.py", "steps.py", "pkg/__init__.py"):
        (project.folder / name).unlink()
    assert run(away, project.folder / "stored", "print(loaded(stored).function())") == "beside inside"


FAIL = """
    from dalsegno.errors import TaskFailed
    import sys
    try:
        loaded(stored)
    except TaskFailed as failed:
        print(failed.code, failed.message, failed.hint, json.dumps(failed.details), sep="\\n")
        assert "steps" not in sys.modules
"""


def failure(away: Project, stored: Path) -> tuple[str, str, str, dict[str, object]]:
    code, message, hint, details = run(away, stored, "import json\n" + dedent(FAIL)).splitlines()
    return code, message, hint, json.loads(details)


def test_a_missing_package_is_named_with_what_to_install(project: Project, away: Project) -> None:
    project.write({"libs/site-packages/skimage/__init__.py": "", "steps.py": "import skimage\ndef train(data): ...\n"})
    store(project, "import sys; sys.path.append('libs/site-packages')\nfrom steps import train as function")
    code, message, hint, details = failure(away, project.folder / "stored")
    assert code == "missing-package"
    assert message.startswith("`steps:train` needs the package `skimage`, which is not installed in ")
    assert hint == "install it (`pip install scikit-image`), then replay"
    assert details["line"] == 1


def test_code_that_no_longer_imports_shows_the_users_traceback(project: Project, away: Project) -> None:
    project.write(
        {"steps.py": "import os\nfrom pkg.tools import clean\nHOME = os.environ['IT']\ndef train(data): ...\n"}
    )
    store(project, "import os; os.environ['IT'] = '1'\nfrom steps import train as function")
    code, message, hint, details = failure(away, project.folder / "stored")
    assert code == "import-failed"
    assert message == "the stored code of `steps:train` cannot be loaded: KeyError: 'IT'"
    assert f"see line 3 of {project.folder}/steps.py" in hint
    assert str(details["traceback"]).startswith("Traceback (most recent call last):\n  File ")
    assert "HOME = os.environ['IT']" in str(details["traceback"])
    assert "importlib" not in str(details["traceback"])


def test_an_entry_that_is_gone_is_told_with_the_closest_name(project: Project, away: Project) -> None:
    project.write({"steps.py": "import os\nif os.environ.get('IT'):\n    def train(data): ...\ndef trains(): ...\n"})
    store(project, "import os; os.environ['IT'] = '1'\nfrom steps import train as function")
    code, message, *_ = failure(away, project.folder / "stored")
    assert code == "unknown-function"
    assert message == "the stored code of `steps:train` has no `train` in `steps`; did you mean `trains`?"


def test_modules_that_are_imported_by_a_made_name_come_with_their_package(project: Project, away: Project) -> None:
    project.write({
        "steps.py": "from plugins import find\ndef train(data):\n    return find(data).NAME\n",
        "plugins/__init__.py": "import importlib\ndef find(name):\n    return importlib.import_module(f'plugins.{name}')\n",
        "plugins/one.py": "NAME = 'the first'\n",
    })  # fmt: skip
    store(project, "from steps import train as function")
    shutil.rmtree(project.folder / "plugins")
    assert run(away, project.folder / "stored", "print(loaded(stored).function('one'))") == "the first"
    bundle = json.loads((project.folder / "stored/bundle.json").read_text())
    told = "`plugins.find` imports a module by a name that is known only when it runs (`import_module`) (line 3)"
    assert bundle["code"]["uncertain"] == [told]


def test_a_module_beside_stored_ones_that_was_not_stored_is_not_taken_from_disk(
    project: Project, away: Project
) -> None:
    project.write({"steps.py": "import pkg.base\ndef train(data):\n    return exec(data)\n", "pkg/extra.py": ""})
    store(project, "from steps import train as function")
    code = "try:\n    loaded(stored).function('import pkg.extra')\nexcept ImportError as error:\n    print(error)"
    assert run(away, project.folder / "stored", code) == "No module named 'pkg.extra'"
