"""The region's schools, as the office sees them."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from zerek.base.permissions import Role, require
from zerek.base.text import N_
from zerek.modules.schools import api
from zerek.web.menu import entry
from zerek.web.shell import actor, session

pages = Blueprint("schools", __name__, url_prefix="/schools", template_folder="templates")

entry("schools.region", N_("Schools"), icon="building", order=60, roles={Role.OPERATOR})


@pages.get("/")
def region() -> ResponseReturnValue:
    require(actor(), "schools.see_region")
    return render_template("schools/region.html", districts=api.by_district(session()))
