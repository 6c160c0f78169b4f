"""Files that people download, written while they are sent."""

from collections.abc import Iterable, Sequence

from flask import Response, stream_with_context
from werkzeug.http import dump_options_header

from domain import csv_files


def csv_file(rows: Iterable[Sequence[object]], name: str) -> Response:
    """What goes wrong halfway breaks the connection off, so that no part of a file is taken for the whole."""
    return Response(stream_with_context(csv_files.stream(rows)), headers=_named(name), mimetype="text/csv")


def file(content: bytes, name: str, mimetype: str) -> Response:
    """One that is short enough to be written before it is sent."""
    return Response(content, headers=_named(name), mimetype=mimetype)


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": dump_options_header("attachment", {"filename": name})}
