"""Debian's Chromium, as tests and pictures of the page start it."""

import os
import shutil

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
MISSING = "no Chromium here: install it (apt-get install chromium) or name it in CHROMIUM"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A name whose owner lets it stand for this machine, and no help of the browser's own against that.
    "--host-resolver-rules=MAP rebound.example.org 127.0.0.1",
    "--disable-features=LocalNetworkAccessChecks",
)
