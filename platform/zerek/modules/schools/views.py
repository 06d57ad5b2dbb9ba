"""The region's schools, as the office sees them."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from zerek.base.permissions import REGION, Role, may, require
from zerek.base.text import N_
from zerek.modules.schools import api
from zerek.web.home import panel
from zerek.web.menu import entry
from zerek.web.shell import actor, session

pages = Blueprint("schools", __name__, url_prefix="/schools", template_folder="templates")

entry("schools.region", N_("Schools"), icon="building", order=60, roles={Role.OPERATOR})


@pages.get("/")
def region() -> ResponseReturnValue:
    require(actor(), "schools.see_region", REGION)
    return render_template("schools/region.html", districts=api.by_district(session()))


@panel(60)
def the_region() -> Markup | None:
    """The region in numbers, for its office."""
    if not may(actor(), "schools.see_region", REGION):
        return None
    html = render_template("schools/panel.html", districts=api.by_district(session()))
    return Markup(html)  # noqa: S704 - a template of ours, which escapes what it is given
