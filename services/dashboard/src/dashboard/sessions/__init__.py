"""One slice: a browser signs in with an API key and keeps a cookie instead."""
