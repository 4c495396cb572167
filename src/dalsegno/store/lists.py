"""How runs are listed: which index leads, what is looked at besides, and from where a page goes on.

Where a filter asks for one thing that an index tells in the order of the list, that index leads. Otherwise the newest runs are
looked at first, for what many runs have is soon found there. They also tell what is often and what is not: what is rare leads,
the rarest found by counting no further than needed, and the rest is looked at run by run.
"""

# ruff: noqa: S608 - what is put together here comes from this module

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dalsegno.model.state import ENDED, UNFINISHED
from dalsegno.store import statements as sql
from dalsegno.store.listed import A_SECOND, LATE_SECONDS, OPEN, label_key, words
from dalsegno.store.listing import RunFilter
from dalsegno.store.rows import Row
from dalsegno.store.uses import Fetch

#: so many of the newest runs are looked at before an index is chosen
_NEWEST = 1_500
#: where so many of them are meant, the list goes on among those below them, no further than so many
_SOME, _NEAR = 5, 15_000
#: the share of the newest runs from which on something is often, and from which on no index helps
_OFTEN, _MOST = 0.02, 0.5
#: indexes are counted to these bounds, one after the other, until one is below
_BOUNDS = (1_000, 20_000)
#: so many places are not sorted
_SORTED = 20_000
#: clocks of several machines differ
_SKEW_SECONDS = 60
_ALL = 2**62
_STAGES = (*sorted(ENDED), OPEN)
#: a list is put together of at most so many sorted ones
_BRANCHES = 72
#: runs that are read by their places in one statement
_AT_ONCE = (10, 51, 501)


@dataclass(frozen=True, slots=True)
class Lead:
    """An index that gives the places of runs in the order of the list, in one branch or in several.

    Parameters
    ----------
    branches : what stands behind FROM, with `l` for the narrow row, and the condition; each gives its places in order.
    place : the column that gives the place.
    covers : the conditions that hold of all that it gives.
    parameters : by branch.
    few : it leads without being counted.
    """

    source: str
    place: str
    branches: tuple[tuple[str, Mapping[str, Any]], ...]
    covers: frozenset[str]
    few: bool = False
    #: what stands behind FROM to count, where that needs no narrow row
    counted: str | None = None
    #: it looks at all that it gives before it gives the first, and what was written lately waits to be taken into it
    dear: bool = False
    #: its branches give places that are sorted first
    unsorted: bool = False


@dataclass(slots=True)
class Wanted:
    """A filter in conditions on the narrow row, with their parameters, and the indexes that may lead."""

    conditions: dict[str, str] = field(default_factory=dict[str, str])
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    leads: list[Lead] = field(default_factory=list[Lead])
    low: int = 0
    high: int = _ALL
    #: whether runs below `low` may be meant, among those that are late
    late: bool = False
    nothing: bool = False

    def need(self, name: str, condition: str, **parameters: Any) -> None:
        self.conditions[name] = condition
        self.parameters.update(parameters)


class Lists:
    """Lists of runs that are not deleted."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def page(self, filter: RunFilter) -> list[tuple[int, Row]]:
        """Give the places and rows of runs, newest first: at most `limit`, after the place `after`."""
        places = self.places(filter)
        found: list[tuple[int, Row]] = []
        for at in range(0, len(places), _AT_ONCE[-1]):
            found += self._rows(places[at : at + _AT_ONCE[-1]])
        return found

    def _rows(self, places: Sequence[int]) -> list[tuple[int, Row]]:
        if not places:
            return []
        size = next(size for size in _AT_ONCE if size >= len(places))
        padded = [*places, *[places[-1]] * (size - len(places))]
        rows = self._fetch(_RUNS_AT[size], {f"at_{_letters(at)}": place for at, place in enumerate(padded)})
        return [(row[0], row[1:]) for row in rows]

    def places(self, filter: RunFilter) -> list[int]:
        """Give the places of runs."""
        wanted = self._wanted(filter)
        limit = filter.limit or _ALL
        if wanted.nothing:
            return []
        found = self._found(wanted, limit) if wanted.low < wanted.high else []
        if wanted.late:
            # the few that began or ended long after they were made stand elsewhere than the times say
            found += self._late(wanted, limit)
            found = sorted(set(found), reverse=True)[:limit]
        return found

    def _found(self, wanted: Wanted, limit: int) -> list[int]:
        few = next((lead for lead in wanted.leads if lead.few), None)
        exact = next(
            (
                lead
                for lead in wanted.leads
                if not (lead.dear or lead.unsorted) and wanted.conditions.keys() <= lead.covers
            ),
            None,
        )
        lead = few or exact
        if lead is not None:
            return self._led(lead, wanted, limit, wanted.low, wanted.high)
        if not wanted.conditions:
            return self._scanned(wanted, limit, wanted.low, wanted.high)
        found: list[int] = []
        newest = edge = self._edge(wanted, wanted.high, _NEWEST)
        if limit < _ALL:
            found = self._scanned(wanted, limit, edge, wanted.high)
            if len(found) < limit and len(found) >= _SOME:
                # the rest is not far, as it seems: three times as far is looked before an index is chosen
                edge = self._edge(wanted, newest, min(3 * limit * _NEWEST // len(found), _NEAR))
                found += self._scanned(wanted, limit - len(found), edge, newest)
            if len(found) >= limit or edge <= wanted.low:
                return found
        else:
            edge = wanted.high
        lead = self._lead(wanted, newest, edge)
        if lead is None:
            return found + self._scanned(wanted, limit - len(found), wanted.low, edge)
        return found + self._led(lead, wanted, limit - len(found), wanted.low, edge)

    def _edge(self, wanted: Wanted, high: int, offset: int) -> int:
        """Give the place down to which so many runs below `high` stand."""
        edge = self._fetch(_EDGE, {"low": wanted.low, "high": high, "offset": offset})
        return edge[0][0] if edge else wanted.low

    def _scanned(self, wanted: Wanted, limit: int, low: int, high: int) -> list[int]:
        conditions = "".join(f" AND {condition}" for condition in wanted.conditions.values())
        statement = (
            f"SELECT l.place FROM listed AS l WHERE l.place >= :low AND l.place < :high{conditions} "
            "ORDER BY l.place DESC LIMIT :limit"
        )
        return self._places(statement, {**wanted.parameters, "low": low, "high": high, "limit": limit})

    def _late(self, wanted: Wanted, limit: int) -> list[int]:
        conditions = "".join(f" AND {condition}" for condition in wanted.conditions.values())
        statement = (
            "SELECT l.place FROM listed AS l INDEXED BY listed_late WHERE l.late = 1 AND l.place < :high"
            f"{conditions} ORDER BY l.place DESC LIMIT :limit"
        )
        return self._places(statement, {**wanted.parameters, "high": wanted.high, "limit": limit})

    def _waiting(self, wanted: Wanted, limit: int, low: int, high: int) -> list[int]:
        """Give those whose words wait for the index to take them."""
        conditions = "".join(f" AND {condition}" for condition in wanted.conditions.values())
        statement = (
            "SELECT l.place FROM listed_waiting AS w CROSS JOIN listed AS l ON l.place = w.place "
            f"WHERE l.place >= :low AND l.place < :high{conditions} ORDER BY l.place DESC LIMIT :limit"
        )
        return self._places(statement, {**wanted.parameters, "low": low, "high": high, "limit": limit})

    def _led(self, lead: Lead, wanted: Wanted, limit: int, low: int, high: int) -> list[int]:
        rest = "".join(f" AND {text}" for name, text in wanted.conditions.items() if name not in lead.covers)
        found: list[int] = []
        for condition, parameters in lead.branches:
            statement = (
                f"SELECT {lead.place} FROM {lead.source} WHERE {condition} AND {lead.place} >= :low "
                f"AND {lead.place} < :high{rest} ORDER BY {lead.place} DESC LIMIT :limit"
            )
            given = {**wanted.parameters, **parameters, "low": low, "high": high, "limit": limit}
            found += self._places(statement, given)
        if lead.dear:
            found += self._waiting(wanted, limit, low, high)
        return sorted(set(found), reverse=True)[:limit]

    def _lead(self, wanted: Wanted, newest: int, high: int) -> Lead | None:
        """Give the index that leads; none where each gives too many.

        Parameters
        ----------
        newest : the place down to which the runs stand that tell what is often.
        high : below it is looked.
        """
        shares = self._shares(wanted, newest)
        by_share = sorted(
            ((_share(lead, shares), lead) for lead in wanted.leads), key=lambda one: (one[0], one[1].dear)
        )
        rare = [lead for share, lead in by_share if share < _OFTEN]
        # many that are to be sorted, however few there were of late
        rare = [lead for lead in rare if not lead.unsorted or self._count(lead, wanted, _SORTED, high) < _SORTED]
        leads = rare or [lead for share, lead in by_share if share < _MOST and not (lead.dear or lead.unsorted)]
        if len(leads) < 2:
            return next(iter(leads), None)
        return self._fewest(leads, wanted, high) or leads[0]

    def _fewest(self, leads: Sequence[Lead], wanted: Wanted, high: int) -> Lead | None:
        """Give the lead of the fewest runs; none where each gives very many."""
        ordered = sorted(leads, key=lambda lead: lead.dear)
        for bound in _BOUNDS:
            best, fewest = None, bound
            for lead in ordered:
                if lead.dear and best is not None:
                    break
                counted = self._count(lead, wanted, fewest, high)
                if counted < fewest:
                    best, fewest = lead, counted
                    if not counted:
                        return lead
            if best is not None:
                return best
        return None

    def _shares(self, wanted: Wanted, newest: int) -> Mapping[str, float]:
        """Tell how large a share of the newest runs has each of what is asked for."""
        names = [*wanted.conditions]
        sums = ", ".join(f"SUM(CASE WHEN {wanted.conditions[name]} THEN 1 ELSE 0 END)" for name in names)
        statement = (
            f"SELECT COUNT(*), {sums} FROM (SELECT * FROM listed WHERE place >= :newest AND place < :high "
            "ORDER BY place DESC) AS l"
        )
        given = {**wanted.parameters, "newest": newest, "high": wanted.high}
        ((count, *found),) = self._fetch(statement, _named(statement, given))
        return {name: (each or 0) / max(count, 1) for name, each in zip(names, found, strict=True)}

    def _count(self, lead: Lead, wanted: Wanted, bound: int, high: int) -> int:
        source, count = lead.counted or lead.source, 0
        for condition, parameters in lead.branches:
            statement = (
                f"SELECT COUNT(*) FROM (SELECT 1 FROM {source} WHERE {condition} AND {lead.place} >= :low "
                f"AND {lead.place} < :high LIMIT :bound) AS counted"
            )
            given = {**parameters, "low": wanted.low, "high": high, "bound": bound - count}
            count += self._fetch(statement, _named(statement, given))[0][0]
            if count >= bound:
                break
        return count

    def _places(self, statement: str, parameters: Mapping[str, Any]) -> list[int]:
        return [place for (place,) in self._fetch(statement, _named(statement, parameters))]

    def _wanted(self, filter: RunFilter) -> Wanted:
        wanted = Wanted()
        for add in (_family, self._flows, _failures, _labels, _text, _states, _author, _plain, _times):
            add(filter, wanted)
        return wanted

    def _flows(self, filter: RunFilter, wanted: Wanted) -> None:
        """The flows that are meant: those of the name, in the namespace, that have runs."""
        if filter.flow is None and filter.namespace is None:
            return
        pairs = self._fetch(*_flows_meant(filter))
        if not pairs:
            wanted.nothing = True
            return
        if filter.flow is not None:
            wanted.need("flow", "l.flow = :flow", flow=filter.flow)
        if filter.namespace is not None:
            inner = " OR (l.namespace >= :below AND l.namespace < :beyond)" if filter.below else ""
            wanted.need("namespace", f"(l.namespace = :namespace{inner})", namespace=filter.namespace)
            if filter.below:
                wanted.parameters.update(below=f"{filter.namespace}.", beyond=f"{filter.namespace}/")
        if filter.revision is not None:
            wanted.need("revision", "l.revision = :revision", revision=filter.revision)
        wanted.leads += _flow_leads(filter, pairs)


def _share(lead: Lead, shares: Mapping[str, float]) -> float:
    """Give the share of the newest runs that an index gives; one that covers nothing is of states that are passed through."""
    return min((shares[name] for name in lead.covers if name in shares), default=shares.get("states", 1.0))


def _flows_meant(filter: RunFilter) -> tuple[str, dict[str, Any]]:
    conditions: list[str] = []
    given: dict[str, Any] = {}
    if filter.flow is not None:
        conditions.append("flow = :flow")
        given["flow"] = filter.flow
    if filter.namespace is not None:
        given["namespace"] = filter.namespace
        inner = ""
        if filter.below:
            inner = " OR (namespace >= :below AND namespace < :beyond)"
            given |= {"below": f"{filter.namespace}.", "beyond": f"{filter.namespace}/"}
        conditions.append(f"(namespace = :namespace{inner})")
    return f"SELECT namespace, flow FROM run_numbers WHERE {' AND '.join(conditions)}", given


def _flow_leads(filter: RunFilter, pairs: Sequence[Row]) -> Iterator[Lead]:
    named = [{"lead_namespace": namespace, "lead_flow": flow} for namespace, flow in pairs]
    of_flow = "l.namespace = :lead_namespace AND l.flow = :lead_flow"
    covers = frozenset({"flow", "namespace"})
    if filter.revision is not None and len(named) <= _BRANCHES:
        branches = tuple(
            (f"{of_flow} AND l.revision = :lead_revision", {**each, "lead_revision": filter.revision}) for each in named
        )
        yield Lead("listed AS l INDEXED BY listed_by_revision", "l.place", branches, covers | {"revision"})
    stages = _stages(filter)
    if len(named) * len(stages) <= _BRANCHES:
        branches = tuple(
            (f"{of_flow} AND l.stage = :lead_stage", {**each, "lead_stage": stage})
            for each in named
            for stage in stages
        )
        settled = frozenset({"states"}) if OPEN not in stages else frozenset[str]()
        yield Lead("listed AS l INDEXED BY listed_by_flow", "l.place", branches, covers | settled)
    elif filter.namespace is not None and filter.flow is None:
        spaces = sorted({namespace for namespace, _ in pairs})
        branches = tuple(("l.namespace = :lead_namespace", {"lead_namespace": space}) for space in spaces)
        if len(branches) <= _BRANCHES:
            # no lead without being counted
            yield Lead(
                "listed AS l INDEXED BY listed_by_flow", "l.place", branches, frozenset({"namespace"}), unsorted=True
            )


def _stages(filter: RunFilter) -> tuple[str, ...]:
    meant = [state.value if state.ended else OPEN for state in filter.states] or _STAGES
    # only what failed or was stopped has a task that failed first, and is fixed or not
    unfinished = filter.fixed is not None or filter.failed_task is not None
    return tuple(dict.fromkeys(stage for stage in meant if not unfinished or stage in UNFINISHED))


def _family(filter: RunFilter, wanted: Wanted) -> None:
    """What a run replays, belongs to or is called by: few runs each, found by the wide rows."""
    columns = {"origin": filter.origin, "caller": filter.caller, "parent": filter.parent, "root": filter.root}
    given = {name: value for name, value in columns.items() if value is not None}
    for name, value in given.items():
        condition = f"EXISTS (SELECT 1 FROM runs AS r WHERE r.id = l.run AND r.{name} = :{name})"
        wanted.need(name, condition, **{name: value})
        source = f"runs AS d INDEXED BY runs_by_{name} CROSS JOIN listed AS l ON l.run = d.id"
        wanted.leads.append(
            Lead(source, "l.place", ((f"d.{name} = :{name}", {name: value}),), frozenset({name}), few=True)
        )


def _failures(filter: RunFilter, wanted: Wanted) -> None:
    if filter.failed_task is not None:
        wanted.need("failed", "l.failed = :failed", failed=filter.failed_task)
        branch = ("l.failed = :failed", {"failed": filter.failed_task})
        wanted.leads.append(Lead("listed AS l INDEXED BY listed_failed", "l.place", (branch,), frozenset({"failed"})))
    if filter.fixed is not None:
        wanted.need("fixed", "l.fixed = :fixed", fixed=int(filter.fixed))
        branch = ("l.fixed = :fixed", {"fixed": int(filter.fixed)})
        wanted.leads.append(Lead("listed AS l INDEXED BY listed_fixed", "l.place", (branch,), frozenset({"fixed"})))


def _labels(filter: RunFilter, wanted: Wanted) -> None:
    for at, (name, value) in enumerate(filter.labels):
        letters = _letters(at)
        key, given = f"label_{letters}", {f"label_{letters}": label_key(name), f"value_{letters}": label_key(value)}
        is_it = f"b.name = :label_{letters} AND b.value = :value_{letters}"
        wanted.need(key, f"EXISTS (SELECT 1 FROM listed_labels AS b WHERE {is_it} AND b.place = l.place)", **given)
        branch = (f"d.name = :label_{letters} AND d.value = :value_{letters}", given)
        source = "listed_labels AS d CROSS JOIN listed AS l ON l.place = d.place"
        wanted.leads.append(Lead(source, "d.place", (branch,), frozenset({key}), counted="listed_labels AS d"))


def _text(filter: RunFilter, wanted: Wanted) -> None:
    searched = words([filter.text or ""])
    if filter.text is None:
        return
    if not searched:
        wanted.nothing = True
        return
    has = " AND ".join(f"instr(t.text, :word_{_letters(at)}) > 0" for at in range(len(searched)))
    given = {f"word_{_letters(at)}": f" {word}" for at, word in enumerate(searched)}
    wanted.need("text", f"EXISTS (SELECT 1 FROM listed_texts AS t WHERE t.place = l.place AND {has})", **given)
    found = (sql.WORDS, {"match": " ".join(f'"{word}"*' for word in searched),
                         "tsquery": " & ".join(f"'{word}':*" for word in searched)})  # fmt: skip
    source = f"{sql.WORDS_SOURCE} CROSS JOIN listed AS l ON l.place = d.place"
    wanted.leads.append(Lead(source, "d.place", (found,), frozenset({"text"}), counted=sql.WORDS_SOURCE, dear=True))


def _states(filter: RunFilter, wanted: Wanted) -> None:
    if not filter.states:
        return
    if not _stages(filter):
        wanted.nothing = True
        return
    listed = ", ".join(f"'{state}'" for state in sorted(filter.states))
    wanted.need("states", f"l.state IN ({listed})")
    if filter.flow is not None:
        return
    stages = _stages(filter)
    settled = frozenset({"states"}) if OPEN not in stages else frozenset[str]()
    branches = tuple(("l.stage = :lead_stage", {"lead_stage": stage}) for stage in stages)
    wanted.leads.append(Lead("listed AS l INDEXED BY listed_by_stage", "l.place", branches, settled))


def _author(filter: RunFilter, wanted: Wanted) -> None:
    if filter.author is None:
        return
    wanted.need("author", "l.author = :author", author=filter.author)
    branch = ("l.author = :author", {"author": filter.author})
    wanted.leads.append(Lead("listed AS l INDEXED BY listed_by_author", "l.place", (branch,), frozenset({"author"})))


def _plain(filter: RunFilter, wanted: Wanted) -> None:
    """What no index tells, for most runs are like that; and whether a run was replayed."""
    if filter.whole:
        wanted.need("whole", "l.whole = 1")
    if filter.top:
        wanted.need("top", "l.sub = 0")
    if filter.replayed is not None:
        wanted.need("replayed", f"l.replayed = {int(filter.replayed)}")
    if filter.replayed:
        branch: tuple[str, Mapping[str, Any]] = ("l.replayed = 1", {})
        wanted.leads.append(
            Lead("listed AS l INDEXED BY listed_replayed", "l.place", (branch,), frozenset({"replayed"}))
        )


def _times(filter: RunFilter, wanted: Wanted) -> None:
    """A run begins and ends after it was made, and most of them soon after: times bound the places."""
    low, high = filter.created_from, filter.created_before
    for name in ("started", "ended"):
        since, before = getattr(filter, f"{name}_from"), getattr(filter, f"{name}_before")
        if since is not None:
            wanted.need(f"{name}_from", f"l.{name} >= :{name}_from", **{f"{name}_from": since})
            if low is None or since - LATE_SECONDS > low:
                low, wanted.late = since - LATE_SECONDS, True
        if before is not None:
            wanted.need(f"{name}_before", f"l.{name} < :{name}_before", **{f"{name}_before": before})
            high = before + _SKEW_SECONDS if high is None else min(high, before + _SKEW_SECONDS)
    if wanted.late and filter.created_from is not None:
        wanted.need("created_from", "l.place >= :created_from", created_from=_place(filter.created_from))
    wanted.low = 0 if low is None else _place(low)
    wanted.high = _ALL if high is None else _place(high)
    if filter.after is not None:
        wanted.high = min(wanted.high, filter.after)


def _place(at: float) -> int:
    return min(max(int(at * A_SECOND), -_ALL), _ALL)


def _letters(at: int) -> str:
    """Give a name for the parameter of a number: names have letters alone."""
    return "".join("abcdefghij"[int(digit)] for digit in str(at))


def _named(statement: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the parameters that a statement names: PostgreSQL takes no others."""
    names = set(sql.parameters_of(statement))
    return {name: value for name, value in parameters.items() if name in names}


_EDGE = "SELECT place FROM listed WHERE place >= :low AND place < :high ORDER BY place DESC LIMIT 1 OFFSET :offset"
_RUNS_AT = {
    size: (
        f"SELECT l.place, {', '.join(f'r.{name}' for name in sql.RUN)} FROM listed AS l JOIN runs AS r ON r.id = l.run "
        f"WHERE l.place IN ({', '.join(f':at_{_letters(at)}' for at in range(size))}) ORDER BY l.place DESC"
    )
    for size in _AT_ONCE
}
