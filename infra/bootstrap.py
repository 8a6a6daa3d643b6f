"""Brings `iotctl` to life on a machine that has nothing but Python with venv, and hands over to it.

Runs on the machine's own Python, so: standard library only, and in syntax old enough (3.6) that a Python which is too
old still gets as far as saying so. A second run finds the stamp and costs milliseconds.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
NEWEST = (3, 13)
INFRA = Path(__file__).resolve().parent
LOCAL = INFRA.parent / ".local"
VENV = LOCAL / "venvs" / "iotctl"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed"
INSTALLER = INFRA / "bootstrap-requirements.txt"
REQUIREMENTS = INFRA / "requirements.txt"


def stop(problem, remedy):
    """End with one line: what is missing, and what to do about it."""
    sys.stderr.write(f"error: {problem} - {remedy}\n")
    sys.exit(1)


def check_python():
    """Refuse a Python that the pinned packages have no wheels for, or one without venv."""
    here = "{}.{}".format(*sys.version_info)
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        stop(
            f"Python {here} at {sys.executable} cannot run this, it needs 3.11, 3.12 or 3.13",
            "apt-get install python3 python3-venv (Debian 12 or newer), or name another one: make up PYTHON=python3.13",
        )
    try:
        import ensurepip  # noqa: F401  (Debian has the module venv without this until python3-venv is there)
        import venv  # noqa: F401
    except ImportError:
        stop("this Python has no venv", f"apt-get install python3-venv (or python{here}-venv)")


def digest(path):
    """Return the digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def wanted_stamp():
    """Return what a current environment was made from: interpreter, installer, requirements; a line each."""
    interpreter = "{} {} {}".format(sys.version.replace("\n", " "), sys.base_prefix, VENV)
    return "\n".join([interpreter, digest(INSTALLER), digest(REQUIREMENTS)])


def stamp():
    """Return what the environment was made from, empty when none was finished (the stamp is written last)."""
    return STAMP.read_text() if STAMP.exists() else ""


def installing_environment():
    """Return the environment of the installers: cache in the project, certificates as the person set them."""
    environment = dict(os.environ, UV_CACHE_DIR=str(LOCAL / "cache" / "uv"), VIRTUAL_ENV=str(VENV))
    environment.update(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1")
    environment.pop("PYTHONPATH", None)
    certificates = environment.get("SSL_CERT_FILE")
    if certificates and Path(certificates).exists():
        environment.setdefault("PIP_CERT", certificates)
    return environment


def run(*command):
    """Run one installing step quietly; a failure shows what it said."""
    words = [str(word) for word in command]
    result = subprocess.run(
        words, env=installing_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if result.returncode != 0:
        sys.stderr.write(result.stdout)
        stop("preparing iotctl failed ({})".format(" ".join(words[:4])), "see the lines above, then run the same again")


def install(wanted):
    """Make the environment: pip brings uv, checked by hash, and uv brings the rest, checked too."""
    print("preparing iotctl in .local/venvs/iotctl ...", flush=True)
    # New requirements alone are installed in place: a running stack's supervisord lives in this environment.
    if stamp().split("\n")[:2] != wanted.split("\n")[:2]:
        shutil.rmtree(str(VENV), ignore_errors=True)
        run(sys.executable, "-m", "venv", VENV)
        run(PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary=:all:", "-r", INSTALLER)
    run(VENV / "bin" / "uv", "pip", "sync", "--quiet", "--python", PYTHON, "--require-hashes", REQUIREMENTS)
    STAMP.write_text(wanted)


def ensure_installed():
    """Install unless current; of two runs at once the second waits for the first."""
    wanted = wanted_stamp()
    if stamp() == wanted:
        return
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp() != wanted:
            install(wanted)


def main():
    """Check, install if need be, become iotctl."""
    check_python()
    os.umask(0o022)
    ensure_installed()
    shared = [INFRA.parent / name / "src" for name in ("contracts", "domain", "kit")]
    os.environ["PYTHONPATH"] = os.pathsep.join(map(str, [INFRA, *shared]))
    os.execv(str(PYTHON), [str(PYTHON), "-m", "iotctl", *sys.argv[1:]])


if __name__ == "__main__":
    main()
