"""Working on a task: draft, files, handing in; and files for those who may read them."""

from __future__ import annotations

from flask import Response, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue

from zerek.base import clock
from zerek.modules.courses import api, forms
from zerek.modules.courses.views.blueprint import pages
from zerek.web.shell import actor, files, session


@pages.post("/courses/items/<int:item_id>/draft")
def save_draft(item_id: int) -> ResponseReturnValue:
    api.save_draft(session(), files(), item_id, *forms.work(request), by=actor(), now=clock.now())
    return redirect(url_for("courses.item", item_id=item_id), 303)


@pages.post("/courses/items/<int:item_id>/hand-in")
def hand_in(item_id: int) -> ResponseReturnValue:
    api.hand_in(session(), files(), item_id, *forms.work(request), by=actor(), now=clock.now())
    return redirect(url_for("courses.item", item_id=item_id), 303)


@pages.post("/courses/files/<int:file_id>/remove")
def remove_file(file_id: int) -> ResponseReturnValue:
    item_id = api.remove_file(session(), file_id, by=actor(), now=clock.now())
    return redirect(url_for("courses.item", item_id=item_id), 303)


@pages.get("/courses/files/<int:file_id>")
def file(file_id: int) -> Response:
    """The file as a download, never as a page of ours."""
    found = api.file_to_read(session(), file_id, by=actor())
    answer = send_file(
        files().path(found.digest),
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=found.name,
        etag=found.digest,
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
