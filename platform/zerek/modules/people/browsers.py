"""Names a browser as people know it, from the long word it sends about itself."""

from __future__ import annotations

# What stands in the word → what people call it. The order counts: every browser also names its ancestors.
BROWSERS = (
    ("YaBrowser/", "Yandex"),
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def known_as(word: str) -> str:
    """``Firefox · Windows``; of a browser that nobody knows, the beginning of its own word."""
    found = [next((name for mark, name in marks if mark in word), "") for marks in (BROWSERS, SYSTEMS)]
    return " · ".join(name for name in found if name) or word[:40]
