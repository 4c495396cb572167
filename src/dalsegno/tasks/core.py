"""The small task types: say something, give values, fail, check, wait."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, cast

from pydantic import BeforeValidator, Field, model_validator

from dalsegno.errors import ExpressionFailed, TaskFailed
from dalsegno.tasks.base import JsonList, JsonMap, TaskContext, TaskOutput, TaskType, Text, to_text
from dalsegno.tasks.durations import Duration

_FALSE_WORDS = ("", "false", "0", "-0")


def _lines(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return ["" if item is None else to_text(item) for item in cast("list[Any]", value)]
    return "" if value is None else to_text(value)


def _level(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return {"WARNING": "WARN"}.get(value.upper(), value.upper())


class Log(TaskType):
    """Write one or several lines to the log."""

    inert: ClassVar[bool] = True

    message: Annotated[list[str] | str, BeforeValidator(_lines)] = Field(
        description="What to write: a text, or a list of texts with a line for each."
    )
    level: Annotated[Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR"], BeforeValidator(_level)] = Field(
        default="INFO", description="How important it is."
    )

    def run(self, context: TaskContext) -> None:
        """Write the lines."""
        write = {
            "TRACE": context.log.debug,
            "DEBUG": context.log.debug,
            "INFO": context.log.info,
            "WARN": context.log.warning,
            "ERROR": context.log.error,
        }[self.level]
        for line in [self.message] if isinstance(self.message, str) else self.message:
            context.check_cancelled()
            write(line)


class Echo(TaskType):
    """Write a line to the log; `core.log.Log` is the newer name of the same."""

    inert: ClassVar[bool] = True

    format: Annotated[str, BeforeValidator(_lines)] = Field(default="", description="What to write.")
    level: Annotated[Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR"], BeforeValidator(_level)] = Field(
        default="INFO", description="How important it is."
    )

    def run(self, context: TaskContext) -> None:
        """Write the line."""
        Log.model_validate({"message": self.format, "level": self.level}).run(context)


class OutputValues(TaskType):
    """Give several values as the output `values`, for the tasks that read them."""

    values: JsonMap = Field(default_factory=dict, description="The values, by name.")

    class Output(TaskOutput):
        values: dict[str, Any] = Field(description="The values, by name, each with its type.")

    def run(self, context: TaskContext) -> Output:
        """Give the values."""
        context.check_cancelled()
        return self.Output(values=self.values)


class Return(TaskType):
    """Give a value as the output `value`, for the tasks that read it."""

    value: Any = Field(default=None, description="The value: a text, number, map or list; mostly an expression.")
    format: Text | None = Field(
        default=None, description="The same under Kestra's name, and as in Kestra always a text."
    )

    class Output(TaskOutput):
        value: Any = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Return:
        if {"value", "format"} <= self.model_fields_set:
            raise ValueError("`value` and `format` are the same property; give one of them")
        return self

    def run(self, context: TaskContext) -> Output:
        """Give the value."""
        context.check_cancelled()
        return self.Output(value=self.format if "format" in self.model_fields_set else self.value)


class Fail(TaskType):
    """Fail, always or where a condition holds."""

    error_message: Text = Field(default="Task failure", alias="errorMessage", description="What the failure says.")
    condition: Any = Field(
        default=True,
        description="Fail only where this holds. Empty, `false` and `0` do not hold, all other values do.",
    )

    def run(self, context: TaskContext) -> None:
        """Fail if the condition holds."""
        context.check_cancelled()
        if holds(self.condition):
            raise TaskFailed(
                self.error_message,
                code="failed-on-purpose",
                hint="the flow fails here by its own `Fail` task: see its `condition` and what that reads",
            )


class Assert(TaskType):
    """Fail unless all conditions hold."""

    inert: ClassVar[bool] = True

    raw_properties: ClassVar[frozenset[str]] = frozenset({"conditions"})

    conditions: JsonList = Field(
        description="Expressions. Empty, `false` and `0` do not hold, nor does what cannot be evaluated."
    )
    error_message: Text | None = Field(
        default=None, alias="errorMessage", description="What the failure says beside the conditions that do not hold."
    )

    def run(self, context: TaskContext) -> None:
        """Evaluate the conditions, and fail if one does not hold."""
        failed = [text for text in map(_condition, self.conditions) if not self._holds(context, text)]
        context.count("success", len(self.conditions) - len(failed))
        context.count("failed", len(failed))
        if failed:
            count = "an assertion does" if len(failed) == 1 else f"{len(failed)} assertions do"
            listed = ", ".join(f"`{text}`" for text in failed)
            said = f": {self.error_message}" if self.error_message else ""
            raise TaskFailed(
                f"{count} not hold: {listed}{said}",
                code="assertion-failed",
                hint="the log of the task says what each of them gave",
            )

    def _holds(self, context: TaskContext, text: str) -> bool:
        context.check_cancelled()
        try:
            value = context.evaluate(text, {})
        except ExpressionFailed as error:
            why = f"`{text}` cannot be evaluated: {error.message}"
        else:
            if holds(value):
                return True
            why = f"`{text}` does not hold: it gives `{'' if value is None else to_text(value)}`"
        context.log.error(why)
        return False


def _condition(value: Any) -> str:
    return "" if value is None else str(to_text(value))


def holds(condition: Any) -> bool:
    """Whether a rendered condition holds."""
    if isinstance(condition, str):
        return condition.strip().lower() not in _FALSE_WORDS
    return bool(condition)


class Sleep(TaskType):
    """Wait for a while."""

    inert: ClassVar[bool] = True

    duration: Duration = Field(description="How long, in ISO 8601: `PT0.5S`, `PT10M`, `P1D`.")

    def waits(self) -> float:
        """Give the duration; killing the run ends the wait at once."""
        return self.duration.total_seconds()

    def run(self, context: TaskContext) -> None:
        """End: the time has passed."""
        waited = f"waited for {self.duration.total_seconds():g} s"
        context.log.debug(waited)
