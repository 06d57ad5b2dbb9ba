"""Runs the proxy before the LMS and the Hub: `python -m zerek.hub.proxy`, with the options of configurable-http-proxy."""

from configurable_http_proxy.cli import main

if __name__ == "__main__":
    main()
