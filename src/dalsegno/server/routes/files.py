"""Files of namespaces."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import FileResponse

from dalsegno.server.doors import TheService
from dalsegno.server.paging import After, Limit, page
from dalsegno.server.replies import reply
from dalsegno.server.uploads import Upload
from dalsegno.service.acting import note
from dalsegno.service.namespace_files import put_as_json
from dalsegno.service.views import file_as_json
from dalsegno.wire import answers

_BYTES: dict[str, Any] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_NEW: dict[int | str, dict[str, Any]] = {201: {"model": answers.File, "description": "It is new."}}

router = APIRouter(tags=["files"])

Prefix = Annotated[str, Query(description="Only paths that begin with this.")]
FilePath = Annotated[str, Path(description="Where it lies in the namespace, such as `scripts/main.py`.")]


@router.get("/files", response_model=answers.Files, summary="List the files of all namespaces")
def everywhere(service: TheService, prefix: Prefix = "", limit: Limit = 100, after: After = "") -> Response:
    """Give the files of all namespaces by namespace and path."""
    found = service.files.list(None, prefix)
    return reply(page(found, "files", file_as_json, lambda each: (each.namespace, each.path), limit=limit, after=after))


@router.get("/namespaces/{namespace}/files", response_model=answers.Files, summary="List the files of a namespace")
def listed(
    namespace: str,
    service: TheService,
    prefix: Prefix = "",
    under: Annotated[
        str | None, Query(description="The file at this path, or all in this folder; 404 if neither.")
    ] = None,
    limit: Limit = 100,
    after: After = "",
) -> Response:
    """Give the files of a namespace by path."""
    found = service.files.list(namespace, prefix) if under is None else service.files.under(under, namespace)
    return reply(page(found, "files", file_as_json, lambda each: (each.path,), limit=limit, after=after))


@router.post(
    "/namespaces/{namespace}/files", response_model=answers.FilesPut,
    summary="Put many files",
    openapi_extra={"requestBody": {"required": True, "content": {"application/x-tar": {"schema": {"type": "string",
                                                                                             "format": "binary"}}}}},
)  # fmt: skip
def put_all(
    namespace: str,
    upload: Upload,
    service: TheService,
    path: Annotated[str, Query(description="The folder in which they are put.")] = "",
    delete: Annotated[bool, Query(description="Remove what lies in the folder and is not in the archive.")] = False,  # noqa: FBT002
) -> Response:
    """Put all files of a tar archive, packed or not, into a namespace: all of them or none."""
    note(folder=path, delete=delete)
    return reply(put_as_json(service.files.put_archive(upload, namespace=namespace, path=path, delete=delete)))


@router.get(
    "/namespaces/{namespace}/files/{path:path}",
    summary="Download a file",
    response_class=FileResponse,
    responses={
        200: {"content": _BYTES},
        206: {"content": _BYTES, "description": "The range that was asked for."},
    },
)
def content(namespace: str, path: FilePath, service: TheService) -> Response:
    """Give the content of a file; ranges may be asked for."""
    file = service.files.get(path, namespace)
    headers = {"X-Content-Type-Options": "nosniff"}
    return FileResponse(
        service.files.local(file), headers=headers, media_type="application/octet-stream", filename=file.name
    )


@router.put(
    "/namespaces/{namespace}/files/{path:path}", response_model=answers.File, responses=_NEW,
    summary="Put a file",
    openapi_extra={"requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string",
                                                                                       "format": "binary"}}}}},
)  # fmt: skip
def put(namespace: str, path: FilePath, upload: Upload, service: TheService) -> Response:
    """Put what is sent at a path (201 where there was no file before)."""
    file, new = service.files.put_upload(upload, path, namespace)
    return reply(file_as_json(file), 201 if new else 200)


@router.delete("/namespaces/{namespace}/files/{path:path}", response_model=answers.FilesDeleted, summary="Remove files")
def delete(
    namespace: str,
    path: FilePath,
    service: TheService,
    recursive: Annotated[bool, Query(description="A folder, with all in it.")] = False,  # noqa: FBT002
) -> Response:
    """Remove a file, or a folder with all its files; give what was removed."""
    gone = service.files.remove(path, namespace, recursive=recursive)
    return reply({"deleted": [file_as_json(file) for file in gone]})
