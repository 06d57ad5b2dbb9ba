"""The demo region's courses: published, given to the IT classes, begun by a few teachers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from zerek.base.files import Files
from zerek.base.permissions import Actor
from zerek.content import shipped
from zerek.content.packages import Audience
from zerek.demo.crowd import Crowd
from zerek.modules.courses import api as courses
from zerek.modules.people import api as people

BEGINNERS = 24  # teachers who have enrolled before the visitor comes


def give_courses(session: Session, files: Files, crowd: Crowd, now: datetime) -> None:
    """Every shipped course: pupils' ones to the IT classes, teachers' ones to the first beginners."""
    for folder in shipped.courses():
        version = courses.publish(session, files, folder, now=now)
        items = courses.items(session, version.id)
        if items[0][2].audience == Audience.PUPILS:
            for class_id in crowd.classes:
                courses.give_to_class(session, version.course_id, class_id)
        else:
            for person_id in crowd.teachers[:BEGINNERS]:
                teacher = Actor(person_id, people.grants(session, person_id))
                courses.enrol(session, version.course_id, by=teacher, now=now)
