"""The properties of groups and of Pause, as they are once they have been rendered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from dalsegno.model.flow import Input, InputType, Kind
from dalsegno.tasks import registry
from dalsegno.tasks.groups import If, Switch
from dalsegno.tasks.pause import Pause, inputs_of


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("core.flow.If", Kind.CHOICE),
        ("core.flow.Switch", Kind.CHOICE),
        ("core.flow.Dag", Kind.DAG),
        ("core.flow.AllowFailure", Kind.SEQUENCE),
        ("core.flow.Pause", Kind.PAUSE),
    ],
)
def test_both_spellings_of_a_type_lead_to_it(name: str, kind: Kind) -> None:
    assert registry.load(name) is registry.load(f"io.kestra.plugin.{name}")
    assert registry.load(name).kind is kind


@pytest.mark.parametrize(("value", "text"), [("a", "a"), (5, "5"), (True, "true")])
def test_the_value_of_a_switch_is_text_as_the_names_of_cases_are(value: Any, text: str) -> None:
    assert Switch.model_validate({"value": value}).value == text


@pytest.mark.parametrize("value", [None, "", 0, "x", [1]])
def test_a_condition_may_be_anything(value: Any) -> None:
    assert If.model_validate({"condition": value}).condition == value


@pytest.mark.parametrize("name", ["delay", "pauseDuration"])
def test_a_pause_may_end_by_itself(name: str) -> None:
    pause = Pause.model_validate({name: "PT5M", "timeout": "PT1H", "behavior": "WARN"})
    assert (pause.delay, pause.timeout, pause.behavior) == (timedelta(minutes=5), timedelta(hours=1), "WARN")


def test_a_pause_waits_for_ever_if_it_says_nothing() -> None:
    pause = Pause()
    assert (pause.delay, pause.timeout, pause.behavior, pause.inputs()) == (None, None, "RESUME", ())


def test_a_pause_takes_no_tasks() -> None:
    with pytest.raises(ValidationError):
        Pause.model_validate({"tasks": []})


def test_what_a_pause_asks_are_inputs() -> None:
    pause = Pause.model_validate(
        {
            "onResume": [
                {"id": "ok", "type": "BOOLEAN", "defaults": False, "description": "Go on?"},
                {"name": "why", "type": "STRING", "required": False},
            ]
        }
    )
    assert pause.inputs() == (
        Input("ok", InputType.BOOL, default=False, has_default=True, description="Go on?"),
        Input("why", InputType.STRING, required=False),
    )
    assert inputs_of([]) == ()


def test_the_outputs_of_a_pause_are_written_as_kestra_writes_them() -> None:
    output = Pause.Output.model_validate({"onResume": {"ok": True}, "resumed": {"by": "ada"}})
    assert output.model_dump(by_alias=True) == {
        "onResume": {"ok": True},
        "resumed": {"by": "ada", "on": None, "to": None},
    }
