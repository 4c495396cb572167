"""What the keys of the language are for, in a sentence each: for editors, and for the tables of the page of flows.

Every key that is read stands here: the page cannot be made without.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dalsegno.model.inputs import InputType

OF_FLOW: Mapping[str, str] = MappingProxyType(
    {
        "id": "The name of the flow in its namespace; together they are its full name.",
        "namespace": "Where the flow belongs, such as `company.team`.",
        "revision": "The number that a shown flow may bear. Ignored: revisions are counted by Dal Segno.",
        "description": "For people.",
        "labels": "Kept on every run: a map, or a list of `key` and `value`.",
        "inputs": "Values that a run is given.",
        "variables": (
            "Values of any depth, read as `vars.name`; text with expressions in it is rendered by `render(vars.name)`."
        ),
        "tasks": "What is done, one task after the other.",
        "errors": "Tasks that run when a task has failed.",
        "finally": "Tasks that run at the end, however it went.",
        "afterExecution": "Tasks that run when the run has its state, which they read as `execution.state`; it stays as it is.",
        "outputs": "Values of the whole run, rendered when all tasks have ended.",
        "disabled": "`true`: runs of the flow are refused.",
        "retry": "How tasks that say nothing themselves are tried again when they fail.",
        "timeout": "How long a run may take, in ISO 8601 (`PT1H`) or as an expression.",
        "pluginDefaults": "Properties for all tasks of a type.",
        "taskDefaults": "What `pluginDefaults` was called in earlier Kestra.",
        "triggers": (
            "What starts runs by itself. They are checked, and kept with the flow; they act where a server runs it."
        ),
        "concurrency": (
            "How many runs there may be at once. Checked and kept; not enforced for runs that are started by hand."
        ),
        "sla": "What is expected of a run.",
        "checks": "What must hold before a run is made.",
    }
)
OF_TASK: Mapping[str, str] = MappingProxyType(
    {
        "id": "The name of the task, unique in the flow.",
        "type": "What the task does.",
        "description": "For people.",
        "runIf": (
            "A condition. Where it does not hold the task, or the whole group, ends as SKIPPED, and what stands "
            "after it goes on."
        ),
        "retry": "How it is tried again when it fails; that of a group holds for the tasks in it.",
        "timeout": (
            "How long one attempt may take, in ISO 8601 (`PT10M`) or as an expression; then it is stopped and has "
            "failed. Of a group, how long all that it holds may take."
        ),
        "allowFailure": "`true`: a failure counts as a warning, and what stands after it goes on.",
        "allowWarning": "`true`: a warning counts as a success.",
        "disabled": "`true`: it is left out, with all that is in it, as if it were not there.",
        "effects": (
            "`external`: running it twice is seen outside, so that a replay asks first; `none`: it is not, "
            "whatever its type says."
        ),
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
        "prefill": "The same for an input that may also be given as empty; not together with `defaults`.",
        "description": "For people.",
        "displayName": "What a form calls it.",
        "dependsOn": (
            "`inputs`: those that come before it; `condition`: an expression over them. Where it does not hold "
            "the input is not asked for: it needs no value, takes none, and is null."
        ),
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
OF_INPUT_TYPE: Mapping[InputType, tuple[str, str]] = MappingProxyType(
    {
        InputType.STRING: ("text", "text"),
        InputType.SELECT: ("one of `values`, or of what `expression` gives", "text"),
        InputType.MULTISELECT: ("`a,b`, or a JSON list", "a list"),
        InputType.INT: ("`12`, `-3`", "a whole number"),
        InputType.FLOAT: ("`1.5`, `2e3`, `7`", "a number"),
        InputType.BOOL: ("`true`, `false`", "true or false"),
        InputType.DATETIME: ("`2024-05-01T10:30:00Z`, or with another zone", "the same in UTC, as text"),
        InputType.DATE: ("`2024-05-01`", "text"),
        InputType.TIME: ("`10:30`, `10:30:15`", "text"),
        InputType.DURATION: ("ISO 8601, such as `PT1H30M`", "text"),
        InputType.FILE: (
            "a path (with or without `@` before it), or the `dalsegno://` address of a stored file",
            "the address of the file, which is stored when the run is made",
        ),
        InputType.JSON: ("JSON text", "the value: a map, a list, a text ..."),
        InputType.YAML: ("YAML text", "the value"),
        InputType.URI: ("`https://...`, `s3://...`", "text"),
        InputType.EMAIL: ("an address", "text"),
        InputType.SECRET: ("text", "text, for the tasks alone"),
        InputType.ARRAY: ("a JSON list", "a list"),
    }
)
OF_OUTPUT: Mapping[str, str] = MappingProxyType(
    {
        "id": "The name of the value.",
        "value": "An expression, rendered when all tasks have ended.",
        "type": (
            "One of the types of inputs: the value is read as it, and the run fails if it is not. Without it the "
            "value is what it is."
        ),
        "itemType": "The type of the items of a list.",
        "required": "`false`: it may be null.",
        "description": "For people.",
        "displayName": "What a screen calls it.",
    }
)
OF_PLUGIN_DEFAULT: Mapping[str, str] = MappingProxyType(
    {
        "type": "The type of the tasks, or what their types begin with.",
        "values": "The properties that they have unless they say otherwise.",
        "forced": "`true`: they have them whatever they say.",
    }
)
OF_CHECK: Mapping[str, str] = MappingProxyType(
    {
        "condition": "What must hold: an expression over `inputs`, `vars`, `labels` and `flow`.",
        "when": "The same as `condition`.",
        "message": "What is said where it does not hold; it may hold expressions.",
        "behavior": "What happens then; `BLOCK_EXECUTION` unless it says otherwise.",
        "style": "How a screen shows the message.",
    }
)
OF_CONCURRENCY: Mapping[str, str] = MappingProxyType(
    {
        "limit": "How many runs of the flow there may be at once.",
        "behavior": "What happens to one more: it waits, it is stopped, or it fails.",
    }
)
OF_SLA: Mapping[str, str] = MappingProxyType(
    {
        "id": "Its name.",
        "type": "What is expected: that the run has ended within `duration`, or that `assert` holds at its end.",
        "duration": "`MAX_DURATION`: how long the run may take, in ISO 8601.",
        "assert": (
            "`EXECUTION_ASSERTION`: an expression over `inputs`, `outputs`, `vars`, `labels`, `flow` and `execution`."
        ),
        "behavior": "What happens where it is not met: the run fails, it is stopped and ends as KILLED, or it goes on.",
        "labels": "What the run gets where it is not met.",
    }
)
OF_RETRY: Mapping[str, str] = MappingProxyType(
    {
        "type": "How the wait grows from attempt to attempt.",
        "interval": "`constant`: the wait; `exponential`: the first wait.",
        "minInterval": "`random`: the shortest wait.",
        "maxInterval": "`exponential`, `random`: the longest wait.",
        "delayFactor": "`exponential`: each wait is so many times the one before; 2 if not given.",
        "maxAttempts": "How many attempts there are, the first included; without it there is no such limit.",
        "maxAttempt": "What `maxAttempts` was called in earlier Kestra.",
        "maxDuration": "No attempt begins later than so long after the first.",
        "warningOnRetry": "`true`: where it took more than one attempt the task ends with WARNING.",
        "behavior": "What is made anew: the task that failed, or the whole run, when it has ended.",
    }
)
OF_TRIGGER: Mapping[str, str] = MappingProxyType(
    {
        "id": "The name of the trigger, unique in the flow.",
        "type": "What starts a run.",
        "description": "For people.",
        "disabled": "`true`: it starts none.",
        "conditions": "What must hold besides: a list of conditions.",
        "when": "An expression that must hold besides.",
        "inputs": "The inputs of the runs that it starts.",
        "labels": "Labels of the runs that it starts.",
        "stopAfter": "The states of a run after which it starts no more.",
        "allowConcurrent": "`true`: it starts a run while one that it started still runs.",
    }
)
#: the properties of each type of trigger
OF_TRIGGER_TYPE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "core.trigger.Schedule": {
            "cron": "The times: minute, hour, day, month, weekday; or a short form such as `@daily`.",
            "withSeconds": "`true`: the expression has the seconds before the minute.",
            "timezone": "The zone of the times, such as `Europe/Paris`.",
            "scheduleConditions": "What `conditions` was called in earlier Kestra.",
            "lateMaximumDelay": "A time that has passed by more is left out; in ISO 8601.",
            "recoverMissedSchedules": (
                "Which times are made up for that passed while no server ran: `ALL`, `LAST` or `NONE`."
            ),
            "backfill": "The time in the past for which runs are made.",
        },
        "core.trigger.ScheduleOnDates": {
            "dates": "The times, such as `2024-05-01T10:30:00Z`.",
            "timezone": "The zone of times that name none.",
            "recoverMissedSchedules": (
                "Which times are made up for that passed while no server ran: `ALL`, `LAST` or `NONE`."
            ),
        },
        "core.trigger.Flow": {
            "states": "The states in which the other run ended; all of them unless it says otherwise.",
            "preconditions": "Which flows must have ended, in which time.",
            "dependsOn": "What `preconditions` was called for a while.",
        },
        "core.trigger.Webhook": {
            "key": "The last part of the address, which nobody else should know.",
            "wait": "`true`: the answer comes when the run has ended.",
            "returnOutputs": "`true`: the answer has the outputs of the flow.",
            "responseContentType": "The type of the answer's content.",
            "responseCode": "The status of the answer.",
        },
        "core.http.Trigger": {
            "uri": "The address that is asked.",
            "method": "How it is asked: `GET`, `POST` ...",
            "body": "What is sent.",
            "formData": "What is sent as a form.",
            "contentType": "The type of what is sent.",
            "headers": "Headers of the request.",
            "options": "How the request is made: timeouts, proxy, credentials.",
            "interval": "How often it is asked, in ISO 8601.",
            "responseCondition": "An expression over the answer that must hold.",
            "encryptBody": "Whether the answer is kept encrypted.",
            "allowFailed": "`true`: an answer with a status from 400 on is one too.",
        },
    }
)
#: the types of conditions of triggers, by their own names
OF_CONDITION: Mapping[str, str] = MappingProxyType(
    {
        "DateTimeBetween": "the time lies between two times",
        "DayWeek": "it is that day of the week",
        "DayWeekInMonth": "it is that day of the week for the first, second ... or last time in the month",
        "ExecutionFlow": "the other run is of that flow",
        "ExecutionFlowNamespace": "the other run is of a flow in that namespace",
        "ExecutionLabels": "the other run has these labels",
        "ExecutionNamespace": "the other run is of a flow in that namespace",
        "ExecutionOutputs": "an expression over the outputs of the other run holds",
        "ExecutionStatus": "the other run ended in one of these states",
        "Expression": "an expression holds",
        "Flow": "the flow is that one",
        "FlowNamespace": "the flow is in that namespace",
        "HasRetryAttempt": "a task of the other run was tried again",
        "Multiple": "several conditions have held within a time",
        "MultipleCondition": "several conditions have held within a time",
        "Not": "none of its conditions holds",
        "Or": "one of its conditions holds",
        "PublicHoliday": "the day is a public holiday",
        "TimeBetween": "the time of the day lies between two times",
        "Variable": "an expression holds: what `Expression` was called in earlier Kestra",
        "Weekend": "the day is a Saturday or a Sunday",
    }
)
