"""What `jupyterhub -f` reads: our settings from the environment, told to the Hub."""

from zerek.hub.config import apply
from zerek.settings import Settings

apply(get_config(), Settings.from_environment())  # type: ignore[name-defined]  # noqa: F821 - JupyterHub puts it there
