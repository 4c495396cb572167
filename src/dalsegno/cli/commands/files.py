"""`dalsegno files`: files that are kept in a namespace, for tasks and people."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dalsegno.cli import options
from dalsegno.cli.render.files import deleted_lines, files_table, put_lines
from dalsegno.cli.render.lines import count, line
from dalsegno.cli.terminal import Terminal
from dalsegno.cli.writing import write_whole
from dalsegno.errors import Refusal
from dalsegno.model.files import folder_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalsegno.client.client import Client
    from dalsegno.model.files import NamespaceFile

Namespace = Annotated[str, typer.Option("-n", "--namespace", metavar="NAMESPACE", help="Where it is kept.")]
FilePath = Annotated[
    str, typer.Argument(metavar="PATH", help="The path of a file or folder, such as `scripts/main.py`.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    ex = options.examples
    files = typer.Typer(
        help="Files in a namespace; tasks find them with `namespaceFiles` and `read()`.",
        no_args_is_help=True, rich_markup_mode=None,
    )  # fmt: skip
    files.command(
        "put",
        epilog=ex(
            ("a file, as `main.py`", "dalsegno files put main.py -n company.team"),
            ("the same as `scripts/main.py`", "dalsegno files put main.py scripts/ -n company.team"),
            ("a folder, and the namespace is to have no others in it", "dalsegno files put scripts -n company.team --delete"),
            ("all that is here, at the top", "dalsegno files put . -n company.team --exclude '*.csv'"),
        ),
    )(put)  # fmt: skip
    files.command(
        "get",
        epilog=ex(
            ("its content", "dalsegno files get scripts/main.py -n company.team"),
            ("a folder with all in it", "dalsegno files get scripts -n company.team -o copy"),
        ),
    )(get)
    files.command(
        "list",
        epilog=ex(("all of them", "dalsegno files list"), ("a folder", "dalsegno files list scripts/ -n company.team")),
    )(list_files)
    files.command(
        "delete",
        epilog=ex(
            ("a file", "dalsegno files delete scripts/main.py -n company.team"),
            ("a folder with all in it", "dalsegno files delete scripts -n company.team --recursive"),
        ),
    )(delete)
    app.add_typer(files, name="files")


def put(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A file or folder of this machine.")],
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="[PATH]",
            help="Where it is put: a file's path, or a folder's; with `/` at its end a file keeps its name. Default: its name.",
        ),
    ] = None,
    *,
    namespace: Namespace,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="PATTERN", help="Files of the folder that are left out. May be repeated."),
    ] = None,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete what the same folder of the namespace has, and this one has not.")
    ] = False,
    as_json: options.Json = False,
) -> None:  # fmt: skip
    """Put a file, or a folder with all in it, into a namespace; `.git` and `__pycache__` are left out. It is all or nothing."""
    from dalsegno.client.client import Client
    from dalsegno.service.namespace_files import put_as_json

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        done = client.put_files(source, namespace=namespace, path=path, exclude=exclude or (), delete=delete)
    if as_json:
        terminal.document(put_as_json(done))
    else:
        terminal.show(put_lines(done))


def get(
    path: FilePath,
    *,
    namespace: Namespace,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="TARGET", help="The file or folder to write; standard output without."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Read a file, or write a folder with all in it. With --json and nothing to write, its record alone."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        found = client.find_files(path, namespace=namespace)
        folder = _folder_of(path, found)
        if output is not None and output != "-":
            written = _write(client, found, Path(output), folder)
            terminal.tell([line(f"wrote {count(len(written), 'file')}: ", (output, "bold"))])
        elif as_json:
            pass
        elif folder is not None:
            message = f"`{path}` is a folder of `{namespace}` with {count(len(found), 'file')}: write it with -o FOLDER"
            raise Refusal(message, code="is-folder")
        else:
            with client.open_file(path, namespace=namespace) as source:
                shutil.copyfileobj(source, sys.stdout.buffer)
            sys.stdout.flush()
    if as_json:
        from dalsegno.service.views import file_as_json

        terminal.document({"files": [file_as_json(file) for file in found]})


def _folder_of(path: str, found: Sequence[NamespaceFile]) -> str | None:
    """Give the folder whose files were found, as their paths begin; `None` where it is a file."""
    folder = folder_path(path)
    return None if folder and [f"{file.path}/" for file in found] == [folder] else folder


def _write(client: Client, found: Sequence[NamespaceFile], target: Path, folder: str | None) -> list[Path]:
    written: list[Path] = []
    for file in found:
        place = target / file.path.removeprefix(folder) if folder is not None else target
        if folder is None and target.is_dir():
            place = target / file.name
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"`{place.parent}` cannot be made: {error.strerror}"
            raise Refusal(message, code="bad-file", file=str(place.parent)) from None
        write_whole(place, lambda file=file: client.open_file(file.path, namespace=file.namespace))
        written.append(place)
    return written


def list_files(
    prefix: Annotated[
        str, typer.Argument(metavar="[PREFIX]", help="Only paths that begin with this, such as `scripts/`.")
    ] = "",
    *,
    namespace: Annotated[
        str | None, typer.Option("-n", "--namespace", metavar="NAMESPACE", help="Only what is kept there.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """List files with their sizes."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        found = client.list_files(namespace, prefix=prefix)
    if as_json:
        from dalsegno.service.views import file_as_json

        terminal.document({"files": [file_as_json(file) for file in found]})
    elif found:
        terminal.show(files_table(found, with_namespace=namespace is None))
    else:
        terminal.show(
            [line("There is nothing. Put a file there:  ", ("dalsegno files put FILE -n NAMESPACE", "bold cyan"))]
        )


def delete(
    path: FilePath,
    *,
    namespace: Namespace,
    recursive: Annotated[bool, typer.Option("-r", "--recursive", help="A folder, with all that is in it.")] = False,
    as_json: options.Json = False,
) -> None:
    """Remove a file, or with --recursive a folder."""
    from dalsegno.client.client import Client

    terminal = Terminal(as_json=as_json)
    with Client() as client:
        gone = client.delete_files(path, namespace=namespace, recursive=recursive)
    if as_json:
        from dalsegno.service.views import file_as_json

        terminal.document({"deleted": [file_as_json(file) for file in gone]})
    else:
        terminal.show(deleted_lines(gone))
