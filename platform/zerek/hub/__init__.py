"""JupyterHub's side: its configuration as a pure function, its spawner, the commands that start it and the proxy."""
