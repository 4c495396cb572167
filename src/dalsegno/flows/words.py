"""The words of the language: keys that are read, keys of Kestra that are not read yet, and how names are built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dalsegno.flows.document import Node
from dalsegno.flows.foreign import OF_FLOW, OF_INPUT, OF_TRIGGER, Foreign
from dalsegno.flows.report import Report


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True, slots=True)
class Words:
    """The keys of one kind of map.

    Parameters
    ----------
    of : what the map is, for messages, such as `an input`.
    known : the keys that are read.
    later : keys that only Kestra has.
    """

    of: str
    known: frozenset[str]
    later: Mapping[str, Foreign] = field(default_factory=dict[str, Foreign])

    def check(self, node: Node, report: Report) -> None:
        """Report every key that is not known."""
        for key in node.keys:
            place = node.key_place(key)
            if key in self.later:
                self.later[key].tell(key, self.of, place, report)
            elif key not in self.known:
                message = f"{self.of} has no key `{key}`"
                report.unknown("unknown-key", message, place, name=key, known=self.known)


FLOW = Words(
    "a flow",
    _words(
        "id namespace revision description labels inputs variables tasks outputs disabled errors finally afterExecution "
        "retry timeout pluginDefaults taskDefaults triggers concurrency sla checks"
    ),
    OF_FLOW,
)
INPUT = Words(
    "an input",
    _words(
        "id name type required defaults prefill description displayName dependsOn values options expression "
        "allowCustomValue autoSelectFirst validator min max after before itemType allowedFileExtensions accept"
    ),
    OF_INPUT,
)
OUTPUT = Words("an output", _words("id type value description displayName required itemType"))
PLUGIN_DEFAULT = Words("a default of task types", _words("type values forced"))
CONCURRENCY = Words("`concurrency`", _words("limit behavior"))
CHECK = Words("a check", _words("condition when message style behavior"))
SLA = Words("an entry of `sla`", _words("id type duration assert behavior labels"))
#: of any trigger, beside the properties of its type
TRIGGER = Words(
    "a trigger",
    _words("id type description disabled conditions when inputs labels stopAfter allowConcurrent"),
    OF_TRIGGER,
)
LABEL = Words("a label", frozenset({"key", "value"}))
#: of any task, beside the properties of its type
TASK = frozenset({"id", "type", "description"})
#: of any task: how it is handled
TASK_HANDLING = _words("retry timeout disabled runIf allowFailure allowWarning effects")
#: of any group: the tasks that run when something in it failed, and at its end
HANDLERS = ("errors", "finally")
#: of a flow: the tasks that run when it is settled how the run ends
AFTER = "afterExecution"
DAG_ENTRY = Words("an entry of a Dag", frozenset({"task", "dependsOn"}))

#: the types of a retry, and the times that each needs
RETRY_TIMES: Mapping[str, tuple[str, ...]] = {
    "constant": ("interval",),
    "exponential": ("interval", "maxInterval"),
    "random": ("minInterval", "maxInterval"),
}
RETRY_COMMON = _words("type maxAttempt maxAttempts maxDuration warningOnRetry behavior")
#: what a retry makes anew; only the first is there
RETRY_BEHAVIORS = ("RETRY_FAILED_TASK", "CREATE_NEW_EXECUTION")

#: types that only Kestra has, and what to do instead
INPUT_TYPES_LATER = {
    "FORM": "declare the inputs that it groups one by one",
    "REUSABLE_INPUTS": "declare the inputs here",
    "ION": "use JSON",
    "OBJECT": "use JSON",
    "TABLE": "use JSON",
}

#: variables that every expression of a task can read
ROOTS = _words(
    "flow execution taskrun task inputs outputs tasks vars labels envs globals kestra parent parents is_replay idempotency_key"
)
#: those of the outputs of a flow, which belong to no task
FLOW_ROOTS = ROOTS - {"taskrun", "task", "parent", "parents", "idempotency_key"}
#: those of the defaults of inputs, which are rendered before there is a run
INPUT_ROOTS = frozenset({"inputs"})
#: those of the checks, which are made when the inputs are known
CHECK_ROOTS = _words("flow inputs vars labels")
#: those of the timeout of a flow, which is known when the run begins
TIMEOUT_ROOTS = CHECK_ROOTS | {"execution"}
ROOTS_LATER = _words("trigger namespace secrets files error errorLogs loop")
#: functions that give something new each time
VOLATILE = _words(
    "now uuid id nanoId ksuid randomInt randomPort secret kv http env envs encrypt errorLogs printContext fetchContext"
)
#: functions that look at tasks without naming them in a way that can be followed
READS_ANYTHING = _words(
    "errorLogs printContext fetchContext tasksWithState iterationOutput iterationOutputs parentOutput"
)


def alternatives(names: Iterable[str]) -> str:
    """Give names as a message lists those of which one is meant."""
    *before, last = [f"`{name}`" for name in names]
    return f"{', '.join(before)} or {last}" if before else last
