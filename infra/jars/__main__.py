"""`python -m jars FOLDER`: lays out the jars in a folder; what building the images uses."""

from __future__ import annotations

import sys
from pathlib import Path

from jars import lockfile
from jars.layout import lay_out

if __name__ == "__main__":
    lay_out(Path(sys.argv[1]), lockfile.read(), lambda _bytes: None)
