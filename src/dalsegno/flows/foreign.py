"""What Kestra has and Dal Segno has not: for each key whether leaving it out can change a result, and what to do instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dalsegno.flows.report import Report
from dalsegno.model.flow import Place


@dataclass(frozen=True, slots=True)
class Foreign:
    """A key that only Kestra has.

    Parameters
    ----------
    advice : what to do instead, or what happens without it.
    harmless : whether leaving it out changes no result, so that the flow is taken as it is.
    """

    advice: str
    harmless: bool = False

    def tell(self, key: str, of: str, place: Place, report: Report) -> None:
        """Report a key that was found."""
        if self.harmless:
            report.note("not-used", f"Kestra's `{key}` of {of} changes nothing here: {self.advice}", place)
        else:
            report.error("not-supported", f"Kestra's `{key}` of {of} is not supported here: {self.advice}", place)


_WORKERS = Foreign("a run executes where it is started", harmless=True)

_LEVEL = Foreign("lines of every level are kept; `dalsegno logs` shows them", harmless=True)

#: of a flow
OF_FLOW: Mapping[str, Foreign] = MappingProxyType(
    {
        "draft": Foreign("use `disabled: true`, which refuses runs of the flow"),
        "deleted": Foreign("remove it: a flow is deleted by a command"),
        "logLevel": _LEVEL,
        "listeners": Foreign("use `errors` for what runs after a failure, `finally` for what runs at the end"),
        "policyRefs": Foreign("remove it: there are no policies"),
        "quotas": Foreign("use `concurrency` to say how many runs there may be at once"),
        "workerGroup": _WORKERS,
        "workerSelector": _WORKERS,
    }
)
#: of any task
OF_TASK: Mapping[str, Foreign] = MappingProxyType(
    {
        "assets": Foreign("nothing keeps a list of assets", harmless=True),
        "logLevel": _LEVEL,
        "logToFile": Foreign("lines are kept with the run", harmless=True),
        "taskCache": Foreign(
            "the task runs each time; a replay keeps results that need not be made again", harmless=True
        ),
        "version": Foreign("remove it: a task type has the version that is installed"),
        "workerGroup": _WORKERS,
        "workerSelector": _WORKERS,
        "workerSelectorFallback": _WORKERS,
    }
)
#: of an input
OF_INPUT: Mapping[str, Foreign] = MappingProxyType(
    {
        "extension": Foreign("a file keeps its own name", harmless=True),
        "inputs": Foreign("declare the inputs that a FORM groups one by one"),
        "isRadio": Foreign("there is no form", harmless=True),
        "schema": Foreign("use the type JSON, and check it in a task"),
    }
)
#: of a trigger
OF_TRIGGER: Mapping[str, Foreign] = MappingProxyType(
    {
        "assets": OF_TASK["assets"],
        "logLevel": OF_TASK["logLevel"],
        "logToFile": OF_TASK["logToFile"],
        "version": OF_TASK["version"],
        "workerGroup": _WORKERS,
        "workerSelector": _WORKERS,
        "failOnTriggerError": Foreign("an error of a trigger makes no run"),
    }
)
