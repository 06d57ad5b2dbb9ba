"""The rules about courses; the module's only door."""

from zerek.modules.courses.api.access import (
    classes_of,
    course,
    may_enrol,
    may_read,
    may_read_notes,
    open_item,
)
from zerek.modules.courses.api.certificates import (
    Conditions,
    Standing,
    check,
    conditions,
    issue,
    revoke,
    standing,
    to_print,
)
from zerek.modules.courses.api.enrolling import enrol, give_to_class
from zerek.modules.courses.api.events import CertificateIssued, ItemDone
from zerek.modules.courses.api.hours import item, mark_read, record_done
from zerek.modules.courses.api.marking import ToMark, count, mark, next_to_mark, queue, to_mark
from zerek.modules.courses.api.outline import cards, courses_of_class, items, items_of_notebook
from zerek.modules.courses.api.pictures import picture_kind
from zerek.modules.courses.api.publishing import publish
from zerek.modules.courses.api.quizzes import (
    Review,
    Reviewed,
    Tries,
    answers,
    attempt,
    finish,
    review,
    save_answer,
    start,
    tries,
)
from zerek.modules.courses.api.tasks import (
    Desk,
    add_file,
    desk,
    file_to_read,
    hand_in,
    remove_file,
    save_draft,
)
from zerek.modules.courses.models import Certificate, Item, Reason, Verdict, Version
from zerek.modules.courses.queries.learning import certificates, ledger
from zerek.modules.courses.queries.reading import ItemRow, Learning, ModuleRow, modules, next_item, texts

__all__ = [
    "Certificate",
    "CertificateIssued",
    "Conditions",
    "Desk",
    "Item",
    "ItemDone",
    "ItemRow",
    "Learning",
    "ModuleRow",
    "Reason",
    "Review",
    "Reviewed",
    "Standing",
    "ToMark",
    "Tries",
    "Verdict",
    "Version",
    "add_file",
    "answers",
    "attempt",
    "cards",
    "certificates",
    "check",
    "classes_of",
    "conditions",
    "count",
    "course",
    "courses_of_class",
    "desk",
    "enrol",
    "file_to_read",
    "finish",
    "give_to_class",
    "hand_in",
    "issue",
    "item",
    "items",
    "items_of_notebook",
    "ledger",
    "mark",
    "mark_read",
    "may_enrol",
    "may_read",
    "may_read_notes",
    "modules",
    "next_item",
    "next_to_mark",
    "open_item",
    "picture_kind",
    "publish",
    "queue",
    "record_done",
    "remove_file",
    "review",
    "revoke",
    "save_answer",
    "save_draft",
    "standing",
    "start",
    "texts",
    "to_mark",
    "to_print",
    "tries",
]
