"""The Hub's whole configuration as a pure function of our settings: nothing is read, written or started here."""

from __future__ import annotations

import sys
from typing import Any

from zerek.settings import Settings

SERVICE = "zerek"
# The worker starts and stops servers, and asks for tokens that open one pupil's own server for a minute. It has no
# `access:servers`: that token would be shown to every pupil's server it is used on (docs/decisions/0006).
SERVICE_SCOPES = ("read:users", "servers", "tokens")
CULLER_SCOPES = ("list:users", "read:users:activity", "read:servers", "delete:servers")
IDLE_SERVER = 3600  # seconds: a lesson and its break
IDLE_KERNEL = 2400


def apply(config: Any, settings: Settings) -> None:
    """Set everything on a traitlets ``Config`` (or anything that behaves like one)."""
    _addresses(config, settings)
    _sign_in(config, settings)
    _servers(config, settings)
    _services(config, settings)


def _addresses(config: Any, settings: Settings) -> None:
    hub = config.JupyterHub
    hub.bind_url = f"http://{settings.host}:{settings.port}/jupyter/"
    hub.public_url = f"{settings.base_url}/jupyter/"
    hub.hub_ip = settings.inner_host
    hub.hub_port = settings.hub_port
    hub.db_url = f"sqlite:///{settings.data / 'hub.sqlite'}"
    hub.cookie_secret = bytes.fromhex(settings.secrets["hub_cookie"])
    hub.cookie_max_age_days = 0.5
    hub.log_level = "WARN"
    # The supervisor keeps the proxy, so that the LMS stays up when the Hub does not.
    config.ConfigurableHTTPProxy.should_start = False
    config.ConfigurableHTTPProxy.api_url = f"http://{settings.inner_host}:{settings.proxy_api_port}"
    config.ConfigurableHTTPProxy.auth_token = settings.secrets["proxy"]
    # Without this the Hub takes the proxy's default target for a stale route and deletes it.
    config.Proxy.extra_routes = {"/": settings.web_url}


def _sign_in(config: Any, settings: Settings) -> None:
    config.JupyterHub.authenticator_class = "generic-oauth"
    oauth = config.GenericOAuthenticator
    oauth.client_id = "jupyterhub"
    oauth.client_secret = settings.secrets["hub_client"]
    oauth.oauth_callback_url = f"{settings.base_url}/jupyter/hub/oauth_callback"
    oauth.authorize_url = f"{settings.base_url}/openid/authorize"
    oauth.token_url = f"{settings.web_url}/openid/token"
    oauth.userdata_url = f"{settings.web_url}/openid/userinfo"
    oauth.scope = ["openid", "groups"]  # no "profile": the Hub knows no names
    oauth.username_claim = "sub"
    oauth.enable_pkce = True
    oauth.auto_login = True
    oauth.allow_all = True  # whoever the LMS knows; who may open what is the LMS's rule
    oauth.manage_groups = True
    oauth.auth_state_groups_key = "oauth_user.groups"
    oauth.logout_redirect_url = f"{settings.base_url}/"


def _servers(config: Any, settings: Settings) -> None:
    config.JupyterHub.spawner_class = "zerek.hub.spawner.CagedSpawner"
    config.JupyterHub.concurrent_spawn_limit = 40  # a class at one bell
    config.JupyterHub.cleanup_servers = True
    spawner = config.CagedSpawner
    spawner.data = str(settings.data)
    spawner.hub_port = settings.hub_port
    spawner.unsafe_no_jail = settings.unsafe_no_jail
    spawner.cmd = [sys.executable, "-I", "-m", "jupyterhub.singleuser"]
    spawner.default_url = "/lab"
    spawner.start_timeout = 60
    spawner.http_timeout = 60
    spawner.interrupt_timeout = 4
    spawner.term_timeout = 2
    spawner.kill_timeout = 2


def _services(config: Any, settings: Settings) -> None:
    culler = [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={IDLE_SERVER}", "--cull-every=300"]
    config.JupyterHub.services = [
        {"name": SERVICE, "api_token": settings.secrets["hub_service"]},
        {"name": "idle-culler", "command": culler},
    ]
    config.JupyterHub.load_roles = [
        {"name": SERVICE, "scopes": list(SERVICE_SCOPES), "services": [SERVICE]},
        {"name": "idle-culler", "scopes": list(CULLER_SCOPES), "services": ["idle-culler"]},
    ]


def single_user() -> dict[str, Any]:
    """The configuration of a pupil's own server, as ``jupyter_server_config.json``.

    Conveniences only: the pupil's code could change them. What must hold is the cage's business.
    """
    nbgrader = "assignment_list course_list formgrader validate_assignment".split()
    unneeded = [f"nbgrader.server_extensions.{name}" for name in nbgrader]
    unneeded += ["jupyter_server_terminals", "jupyter_lsp", "notebook", "notebook_shim"]
    return {
        "ServerApp": {
            "terminals_enabled": False,
            "jpserver_extensions": dict.fromkeys(unneeded, False),
            "log_level": "WARN",
        },
        # Sockets in a folder of its own: TCP ports of kernels could be reached by others on the machine.
        "KernelManager": {"transport": "ipc"},
        "ConnectionFileMixin": {"transport": "ipc"},
        "MappingKernelManager": {
            "cull_idle_timeout": IDLE_KERNEL,
            "cull_interval": 120,
            "cull_connected": True,
        },
        "FileContentsManager": {"delete_to_trash": False},
        "LabApp": {
            "news_url": None,
            "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
            "extension_manager": "readonly",
            "collaborative": False,
        },
        "Application": {"log_level": "WARN"},
    }


def lab_pages() -> dict[str, Any]:
    """Buttons of JupyterLab that mislead a pupil here: hand-in is in the LMS. As ``labconfig/page_config.json``."""
    hidden = [
        "@jupyter/nbgrader",
        "@jupyter-notebook/lab-extension",
        "@jupyterlab/apputils-extension:announcements",  # asks whether to fetch news from another host
        "@jupyterlab/extensionmanager-extension",
        "@jupyterlab/fileeditor-extension:language-server",
        "@jupyterlab/lsp-extension",
        "@jupyterlab/notebook-extension:language-server",
        "@jupyterlab/terminal-extension",
    ]
    return {"disabledExtensions": dict.fromkeys(hidden, True)}
