"""Where everything meets: one Flask app from the settings and the modules found."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, ValidationError

from zerek import modules, queue
from zerek.base import clock, db, jobs
from zerek.base.files import Files
from zerek.base.text import LANGUAGES
from zerek.modules.people import api as people
from zerek.settings import WEB_THREADS, Settings
from zerek.web import errors, headers, home, languages, limits, menu, shell, static

HOME = Path(__file__).parent
LARGEST_NUMBER = 2**31 - 1  # of a row, in either database
LARGEST_REQUEST = 12 * 1024 * 1024  # bytes: a notebook with pictures, a task with a scan


class RowNumber(IntegerConverter):
    """The number of a row in an address; one that no row can have is no address."""

    def to_python(self, value: str) -> int:
        if len(value) > len(str(LARGEST_NUMBER)) or int(value) > LARGEST_NUMBER:
            raise ValidationError
        return int(value)


def create_app(settings: Settings) -> Flask:
    """The LMS. Touches no database until a request comes; raises CannotStart where the build is missing."""
    app = Flask("zerek", template_folder=str(HOME / "web" / "templates"), static_folder=None)
    app.config.update(
        SECRET_KEY=settings.secrets["app"],
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_NAME="zerek_form",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        COMPRESS_ALGORITHM=["br", "gzip"],
        TEMPLATES_AUTO_RELOAD=False,
    )
    engine = db.engine(settings.database, WEB_THREADS)
    files = Files(settings.data / "files")
    app.extensions["zerek"] = shell.Shell(settings, engine, files, people.identify)
    app.url_map.converters["int"] = RowNumber
    modules.load()
    shell.keep_sessions(app)
    shell.csrf.init_app(app)
    Compress(app)
    headers.send_headers(app)
    languages.speak(app, locale_folders())
    errors.show_errors(app)
    limits.init(app, settings)
    static.serve_static(app)
    _teach_templates(app)
    app.register_blueprint(home.pages)
    for part in ("views", "rest"):
        for _, module in modules.parts(part):
            app.register_blueprint(module.pages)
    jobs.send_after_commit(queue.sender(settings))
    return app


def from_environment() -> Flask:
    """The app as a server finds it, behind the proxy that says where a request came from."""
    app = create_app(Settings.from_environment())
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    return app


def locale_folders() -> list[Path]:
    """Where catalogues stand: the shell's own, and each module's."""
    own = [HOME / "web" / "locale", *(HOME / "modules" / name / "locale" for name in modules.names())]
    return [folder for folder in own if folder.is_dir()]


def _teach_templates(app: Flask) -> None:
    app.jinja_env.globals.update(
        asset=static.asset,
        csrf=shell.csrf_field,
        menu=menu.menu,
        nonce=headers.nonce,
        language=shell.language,
        languages=LANGUAGES,
        visitor=shell.visitor,
        now=clock.now,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
