"""What goes wrong with values, in the words of the user."""

from __future__ import annotations

from dalsegno.errors import Refusal, TaskFailed

SETTING = "DALSEGNO_ALLOW_PICKLE"
_STEPS_SHOWN = 8


class CannotKeep(Exception):
    """A value cannot be kept.

    Parameters
    ----------
    what : what it is, behind "it is".
    hint : what to return instead.
    steps : what leads to it from the value that was given, innermost first.
    """

    def __init__(self, what: str, hint: str, code: str = "bad-output") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.code = code
        self.steps: list[str] = []

    def as_failure(self, name: str | None) -> TaskFailed:
        """Give the failure of the task, with the place of the value in the output `name`."""
        output = f"the output `{name}`" if name else "the value"
        steps = list(reversed(self.steps))
        if len(steps) > _STEPS_SHOWN:
            steps = [*steps[: _STEPS_SHOWN // 2], " ... ", *steps[-_STEPS_SHOWN // 2 :]]
        place = f"`{''.join(steps).removeprefix('.')}` in it" if steps else "it"
        return TaskFailed(f"{output} cannot be stored: {place} is {self.what}", hint=self.hint, code=self.code)


def named(cls: type) -> str:
    """Give the name of a class as a user knows it."""
    return cls.__qualname__ if cls.__module__.startswith(("builtins", "_")) else f"{cls.__module__}.{cls.__qualname__}"


def of_class(value: object) -> str:
    """Say what a value is: the name of its class, behind the article."""
    name = named(type(value))
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} `{name}`"


def unsafe_to_keep(value: object) -> CannotKeep:
    """Say that a value needs pickle where that is turned off."""
    return CannotKeep(
        f"{of_class(value)}, which only pickle can keep, and {SETTING}=false rules that out",
        f"give plain values, a dataclass or an array, register a materializer for the type, or set {SETTING}=true",
        "unsafe-artifact",
    )


def unsafe_class(cls: type) -> CannotKeep:
    """Say that a class would have to be kept with its code where that is turned off."""
    return CannotKeep(
        f"of the class `{cls.__qualname__}`, which another process cannot import, so that its code would have to be kept, and "
        f"{SETTING}=false rules that out",
        f"define the class at the top of a module that is imported, or set {SETTING}=true",
        "unsafe-artifact",
    )


def unsafe_to_load(what: str) -> Refusal:
    """Say that a stored value may execute code when it is loaded, where that is turned off."""
    return Refusal(
        f"{what} was kept by pickle, which can execute any code when it is loaded, and {SETTING}=false rules that out; "
        f"set {SETTING}=true if you trust whoever writes to this store",
        code="unsafe-artifact",
    )


def class_missing(module: str, name: str, why: str) -> Refusal:
    """Say that the class of a stored value is not there any more."""
    return Refusal(
        f"the value needs `{name}` of the module `{module}`, which cannot be imported: {why}; "
        "bring it back under that name, or run the task that made the value again",
        code="class-missing",
    )
