"""The programs of a stack, a file each; `registry.py` lists them."""
