"""What setup.cfg cannot say: several source roots, compiled translations, and the browser's files."""

import sys
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / "platform"))


class Build(build_py):
    """Compiles every catalogue and makes the browser's files, then builds as usual."""

    def run(self) -> None:
        from zerek.web import browser_files, catalogues

        catalogues.compile_all(ROOT / "platform" / "zerek")
        browser_files.build(ROOT, ROOT / "platform" / "zerek" / "web" / "static")
        super().run()


setup(
    cmdclass={"build_py": Build},
    packages=[
        *find_packages("platform"),
        *find_packages("robotics"),
        "zerek.content.courses",
        "zerek.content.notebooks",
    ],
)
