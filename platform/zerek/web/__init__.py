"""The shell every page lives in: session per request, languages, menu, errors as pages, static files."""
