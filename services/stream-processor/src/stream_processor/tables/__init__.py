"""The tables, one module each: what it holds, how it is laid out, how it is filled."""
