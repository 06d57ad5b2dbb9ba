"""The module's blueprint; its pages lie in the files beside this one."""

from flask import Blueprint

pages = Blueprint("courses", __name__, template_folder="../templates")
