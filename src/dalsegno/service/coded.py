"""Pipelines in Python, as the service takes them: a graph that was traced, and the code that it came from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dalsegno.artifacts.materializers.forms import digest_of
from dalsegno.artifacts.port import ArtifactStore
from dalsegno.errors import Refusal
from dalsegno.model.binding import binding_of
from dalsegno.model.codec import flow_from_json, flow_to_json
from dalsegno.model.digest import digest
from dalsegno.model.flow import Flow, Revision, Task
from dalsegno.service.revisions import GRAPHS, graph_digest


@dataclass(frozen=True, slots=True)
class Coded:
    """A pipeline in Python: what a text is for a flow in YAML.

    Parameters
    ----------
    flow : the graph, traced with the values of this call.
    digest : of the code.
    source : the code as JSON text: what is stored of it, with digests in the place of texts.
    contents : those texts, by digest.
    graph : the digest of the graph where it is that of an earlier run, as `Revision.graph`; `None` for a new one.
    of : the number of the revision that has this code already, whichever is the newest; `None` where that is not known.
    """

    flow: Flow
    digest: str
    source: str
    contents: Mapping[str, bytes] = field(default_factory=dict[str, bytes], repr=False)
    graph: str | None = None
    of: int | None = None


def coded_from_json(flow: Mapping[str, Any], digest: str, source: str, graph: str | None) -> Coded:
    """Read the code of a pipeline whose contents are in the artifact store.

    Raises
    ------
    Refusal : it is none.
    """
    from dalsegno.code.bundle import Bundle  # not on the path of every start

    try:
        Bundle.from_json(json.loads(source)["bundle"])
        read = flow_from_json(flow)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal(f"this is not the code of a pipeline: {error!r}", code="bad-code") from error
    if read.depends is None:
        raise Refusal(f"`{read.id}` is no pipeline: its graph does not say what its steps depend on", code="bad-code")
    return Coded(read, digest, source, graph=graph)


def digests_in(source: str) -> frozenset[str]:
    """Give the digests of all that stored code needs in the artifact store."""
    from dalsegno.code.bundle import Bundle  # not on the path of every start

    return Bundle.from_json(json.loads(source)["bundle"]).digests()


def refuse_lacking(revision: Revision, artifacts: ArtifactStore) -> None:
    """Refuse a revision of code that needs something which is not in the artifact store."""
    if entry_of(revision) is None:
        return
    lacking = sorted(digest for digest in digests_in(revision.source) if not artifacts.exists(digest))
    if lacking:
        message = f"{len(lacking)} parts of the code of `{revision.flow.full_id}` were not uploaded, such as"
        raise Refusal(f"{message} {lacking[0][:12]}: upload them first", code="code-missing")


def entry_of(revision: Revision) -> str | None:
    """Give the name of the pipeline whose code a revision is, as `module:name`; `None` for the text of a flow."""
    if revision.flow.depends is None:
        return None
    try:
        return str(json.loads(revision.source)["bundle"]["entry"])
    except (ValueError, KeyError, TypeError):
        return None


def readable(revision: Revision, read: Callable[[str], bytes]) -> str:
    """Give the source of a revision as a person reads it: the text of a flow, or the modules and scripts of a pipeline.

    Parameters
    ----------
    read : gives stored bytes by their digest.
    """
    if entry_of(revision) is None:
        return revision.source
    source = json.loads(revision.source)
    bundles = [source["bundle"], *(part["bundle"] for part in source.get("steps", ()))]
    return "\n\n".join(text for bundle in bundles for text in _texts_of(bundle, read))


def _texts_of(bundle: Mapping[str, Any], read: Callable[[str], bytes]) -> Iterator[str]:
    yield f"# the code of {bundle['entry']}\n"
    parts = {name: module["digest"] for name, module in sorted(bundle.get("modules", {}).items())}
    parts |= dict(sorted(bundle.get("texts", {}).items()))
    for name, stored in parts.items():
        yield f"# {name}\n\n{read(stored).decode('utf-8', 'replace').rstrip()}\n"


def graph_text(flow: Flow) -> str:
    """Give the stored form of a graph."""
    return json.dumps(flow_to_json(flow), ensure_ascii=False, separators=(",", ":"))


def own_graph(flow: Flow) -> str:
    """Give the digest of a graph that belongs to a run, and keep the graph at hand."""
    text = graph_text(flow)
    made = graph_digest(text)
    GRAPHS.keep(made, flow, text)
    return made


def text_of_graph(revision: Revision) -> str | None:
    """Give the stored form of a graph that belongs to a run; `None` where the run has that of its revision."""
    if not revision.graph:
        return None
    return GRAPHS.text(revision.graph) or graph_text(revision.flow)


def with_overridden(flow: Flow, before: Flow, given: Mapping[str, Any]) -> Flow:
    """Note, on each step to which another value is bound than in the origin, which overridden input that comes from.

    What a pipeline's function makes of its parameters is not known, so a value that is none of them may come from any.

    Parameters
    ----------
    before : the origin's graph.
    given : the overridden inputs, in stored form.
    """
    if not given:
        return flow
    known = {task.id: task for task in before.walk()}
    forms = {digest_of(form): name for name, form in given.items()}

    def noted(task: Task) -> Task:
        tasks = tuple(noted(child) for child in task.tasks)
        other = known.get(task.id)
        names = () if other is None else tuple(_differing(task, other, forms, tuple(given)))
        return task if not names and not tasks else replace(task, inputs=names, tasks=tasks)

    return replace(flow, tasks=tuple(noted(task) for task in flow.tasks))


def with_code_of(flow: Flow, known: Sequence[Flow]) -> Flow:
    """Take the digests of code from graphs of the same revision: code is judged where it was written."""
    codes = {task.function: task.digests["code"] for each in known for task in each.walk() if "code" in task.digests}

    def noted(task: Task) -> Task:
        tasks = tuple(noted(child) for child in task.tasks)
        code = codes.get(task.function) if task.function is not None else None
        if code is None or code == task.digests.get("code"):
            return replace(task, tasks=tasks) if tasks else task
        digests = {**task.digests, "code": code}
        return replace(task, digests=digests, definition=digest("definition", digests), tasks=tasks)

    return replace(flow, tasks=tuple(noted(task) for task in flow.tasks))


def _differing(task: Task, other: Task, forms: Mapping[str, str], every: tuple[str, ...]) -> dict[str, None]:
    names: dict[str, None] = {}
    for name, value in task.properties.items():
        if task.digests.get(name) == other.digests.get(name):
            continue
        kind, what = binding_of(value)
        source = forms.get(digest_of(what)) if kind == "value" else None
        names.update(dict.fromkeys(every if source is None else (source,)))
    return names


def refuse_other(coded: Coded, namespace: str, flow: str, origin: str) -> None:
    """Refuse the code of one pipeline for a run of another."""
    if (coded.flow.namespace, coded.flow.id) != (namespace, flow):
        message = f"`{coded.flow.id}` is another pipeline; {origin} is a run of `{namespace}.{flow}`"
        raise Refusal(message, code="other-flow")
