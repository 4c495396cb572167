"""Runs that were made are compared."""

from __future__ import annotations

from tests.integration.service.conftest import FLOW, Home

from dalsegno.replay.compare import Change


def test_a_replay_is_compared_with_its_origin(home: Home) -> None:
    failed = home.run()
    fixed = home.replay(failed, inputs={"bad": "false"})
    found = home.service.comparing.compare(failed.name, fixed.name)
    assert found.summary == (
        "rides-2 differs from rides-1 in 2 of 5 tasks: `check` FAILED -> SUCCESS (read another `inputs.bad`), "
        "`report` is only in rides-2; 3 are the same results"
    )
    assert (found.first, found.read_equal) == ("check", False)
    assert found.inputs == (Change("bad", "true", "false"),)
    actions = [task.after and task.after.action for task in found.tasks]
    assert actions == ["REUSE", "REUSE", "REUSE", "RUN", "RUN"]


def test_a_changed_definition_is_named_where_the_runs_begin_to_differ(home: Home) -> None:
    first = home.run(bad="false")
    second = home.run(FLOW.replace("6000", "6001"), bad="false")
    found = home.service.comparing.compare(first.id, second.id)
    many = next(task for task in found.tasks if task.address == "many")
    assert (found.first, found.read_equal) == ("many", True)
    assert many.properties == ("`value`",)
    (value,) = many.outputs
    assert (value.name, value.before["size"], value.after["size"]) == ("value", 28_897, 28_902)
    assert "`many` other outputs (`value` changed), `report` other outputs (read another" in found.summary
    assert found.facts == (Change("revision", 1, 2),)


def test_two_runs_of_one_revision_with_equal_inputs_are_the_same(home: Home) -> None:
    first, second = home.run(bad="false"), home.run(bad="false")
    found = home.service.comparing.compare(first.id, second.id)
    assert found.summary == "rides-2 does not differ from rides-1: all 5 tasks have the same results"
