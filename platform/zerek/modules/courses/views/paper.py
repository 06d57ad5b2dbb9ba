"""The words of a certificate in the language asked for, handed to the printer."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from zerek.base import clock
from zerek.base.text import Words
from zerek.modules.courses.api import Certificate
from zerek.web.languages import DAY


def certificate(certificate: Certificate, language: str, address: str) -> bytes:
    """A PDF of one page; ``address`` is where anybody can check it."""
    # fpdf2 brings fontTools and NumPy: a second of the web process's start for what few requests need.
    from zerek.modules.courses import printing

    def day(value: date) -> str:
        return str(format_date(value, DAY[language], locale=language))

    issued = certificate.issued_at.astimezone(clock.LOCAL).date()
    with force_locale(language):
        facts = (
            (_("Volume"), ngettext("%(num)s academic hour", "%(num)s academic hours", certificate.hours)),
            (_("Period of study"), f"{day(certificate.began_on)} –\n{day(certificate.ended_on)}"),
            (_("Issued"), day(issued)),
            (_("Last day of validity"), day(certificate.valid_until)),
        )
        sheet = printing.Sheet(
            language=language,
            heading=_("Certificate"),
            number=certificate.number,
            name_label=_("Participant"),
            name=certificate.name,
            title_label=_("Completed distance course"),
            title=Words.of(certificate.title).in_language(language),
            facts=facts,
            brand=_("Zerek"),
            motto=_("The learning platform of the schools of Atyrau region"),
            check=_("Anybody can check this certificate here:"),
            address=address,
        )
    return printing.draw(sheet)
