"""Values by key, in namespaces."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from dalsegno.server.doors import TheService
from dalsegno.server.paging import After, Limit, page
from dalsegno.server.replies import reply
from dalsegno.service.entries import value_type
from dalsegno.service.views import entry_as_json
from dalsegno.wire import answers
from dalsegno.wire.requests import EntryWanted

router = APIRouter(tags=["values by key"])

Prefix = Annotated[str, Query(description="Only keys that begin with this.")]


@router.get("/entries", response_model=answers.Entries, summary="List the values of all namespaces")
def everywhere(service: TheService, prefix: Prefix = "", limit: Limit = 100, after: After = "") -> Response:
    """Give the values of all namespaces by namespace and key."""
    found = service.entries.list(None, prefix)
    named = page(found, "entries", entry_as_json, lambda each: (each.namespace, each.key), limit=limit, after=after)
    return reply(named)


@router.get("/namespaces/{namespace}/entries", response_model=answers.Entries, summary="List the values of a namespace")
def listed(namespace: str, service: TheService, prefix: Prefix = "", limit: Limit = 100, after: After = "") -> Response:
    """Give the values of a namespace by key."""
    found = service.entries.list(namespace, prefix)
    return reply(page(found, "entries", entry_as_json, lambda each: (each.key,), limit=limit, after=after))


@router.get("/namespaces/{namespace}/entries/{key}", response_model=answers.Entry, summary="Show a value")
def show(namespace: str, key: str, service: TheService) -> Response:
    """Give what is kept under a key."""
    found = service.entries.find(key, namespace)
    if found is None:
        raise service.entries.missing(key, namespace)
    return reply(entry_as_json(found))


@router.put("/namespaces/{namespace}/entries/{key}", response_model=answers.Entry, summary="Keep a value")
def put(namespace: str, key: str, wanted: EntryWanted, service: TheService) -> Response:
    """Keep a value under a key; tasks read it with `core.kv.Get` and `kv()`."""
    kept = service.entries.set(
        key,
        wanted.value,
        namespace=namespace,
        type=value_type(wanted.type),
        ttl=None if wanted.ttl is None else timedelta(seconds=wanted.ttl),
        description=wanted.description,
        overwrite=wanted.overwrite,
    )
    return reply(entry_as_json(kept))


@router.delete("/namespaces/{namespace}/entries/{key}", status_code=204, summary="Remove a value")
def delete(namespace: str, key: str, service: TheService) -> Response:
    """Remove a key."""
    if not service.entries.delete(key, namespace):
        raise service.entries.missing(key, namespace)
    return Response(status_code=204)
