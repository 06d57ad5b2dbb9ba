"""What happens in the courses and concerns notebooks."""

from __future__ import annotations

from sqlalchemy.orm import Session

from zerek.base import clock
from zerek.base.events import hears
from zerek.content import shipped
from zerek.modules.assignments import api
from zerek.modules.courses import api as courses


@hears(courses.Published)
def make_notebooks_ready(session: Session, event: courses.Published) -> None:
    """The first pupil of a new version does not wait for her notebook to be made."""
    found = {item.notebook for item, _, _ in courses.items(session, event.version_id) if item.notebook}
    for name in sorted(found):
        api.release(session, shipped.notebook(name).read_bytes(), name, clock.now())
