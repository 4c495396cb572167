"""What the keys of the language are for, in a sentence each: for editors, and for the page of flows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

OF_FLOW: Mapping[str, str] = MappingProxyType(
    {
        "id": "The name of the flow in its namespace.",
        "namespace": "Where the flow belongs, such as `company.team`.",
        "revision": "The number that a shown flow may bear; ignored.",
        "description": "For people.",
        "labels": "Kept on every run: a map, or a list of `key` and `value`.",
        "inputs": "Values that a run is given.",
        "variables": "Values of any depth, read as `vars.name`; expressions in them are rendered by `render(vars.name)`.",
        "tasks": "What is done, one task after the other.",
        "errors": "Tasks that run when a task has failed.",
        "finally": "Tasks that run at the end, however it went.",
        "afterExecution": "Tasks that run when the run has its state, which they read as `execution.state`; it stays as it is.",
        "outputs": "Values of the whole run, rendered when all tasks have ended.",
        "disabled": "Runs of the flow are refused.",
        "retry": "How tasks that say nothing themselves are tried again.",
        "timeout": "How long a run may take, in ISO 8601.",
        "pluginDefaults": "Properties for all tasks of a type.",
        "taskDefaults": "What `pluginDefaults` was called in earlier Kestra.",
        "triggers": "What starts runs by itself, where a server runs the flow.",
        "concurrency": "How many runs there may be at once, where a server runs the flow.",
        "sla": "What is expected of a run.",
        "checks": "What must hold before a run is made.",
    }
)
OF_TASK: Mapping[str, str] = MappingProxyType(
    {
        "id": "The name of the task, unique in the flow.",
        "type": "What the task does.",
        "description": "For people.",
        "runIf": "A condition; where it does not hold, the task is skipped.",
        "retry": "How the task is tried again when it fails.",
        "timeout": "How long one attempt may take, in ISO 8601.",
        "allowFailure": "A failure counts as a warning.",
        "allowWarning": "A warning counts as a success.",
        "disabled": "The task is left out, with all that is in it.",
        "effects": "`external`: running it twice is seen outside, so that a replay asks first; `none`: it is not.",
        "tasks": "The tasks of the group.",
        "errors": "Tasks that run when one in the group has failed.",
        "finally": "Tasks that run at the end of the group, however it went.",
    }
)
OF_INPUT: Mapping[str, str] = MappingProxyType(
    {
        "id": "The name of the input, read as `inputs.name`.",
        "name": "The same as `id`.",
        "type": "What values it takes.",
        "required": "`false`: it may be left out, and is null then.",
        "defaults": "The value that is taken where none is given; it may be an expression over other inputs.",
        "prefill": "The same for an input that may also be given as empty.",
        "description": "For people.",
        "displayName": "What a form calls it.",
        "dependsOn": "`inputs` that come before it, and the `condition` under which it is asked for.",
        "values": "The choices.",
        "options": "What `values` was called in earlier Kestra.",
        "expression": "An expression that gives the choices.",
        "allowCustomValue": "Values that are no choice are taken too.",
        "autoSelectFirst": "The first choice is the default.",
        "validator": "A regular expression for the whole value.",
        "min": "The smallest value that will do.",
        "max": "The largest value that will do.",
        "after": "The first date or time that will do.",
        "before": "The last date or time that will do.",
        "itemType": "The type of the items of a list.",
        "allowedFileExtensions": "What the name of a file may end with, such as `.csv`.",
        "accept": "What `allowedFileExtensions` was called in earlier Kestra.",
    }
)
