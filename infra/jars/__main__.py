"""`python -m jars FOLDER [trino]`: lays out the jars of every stack, or Trino's; what building the images uses."""

from __future__ import annotations

import sys
from pathlib import Path

from jars import lockfile
from jars.layout import TRINO, lay_out, lay_out_trino

if __name__ == "__main__":
    work = lay_out_trino if sys.argv[2:] == [TRINO] else lay_out
    work(Path(sys.argv[1]), lockfile.read(), lambda _bytes: None)
