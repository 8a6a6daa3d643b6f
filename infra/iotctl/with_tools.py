"""Runs a module (pytest, say) of another environment's packages, behind this environment's own.

with_tools.py SITE_PACKAGES MODULE ARGUMENTS…: each service keeps exactly its pinned packages, none of them for tests.
"""

import runpy
import site
import sys


def main() -> None:
    """Append the packages, then become the module."""
    _, packages, module, *arguments = sys.argv
    site.addsitedir(packages)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
