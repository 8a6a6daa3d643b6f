"""supervisord's sections, one for each program of the registry. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from components.component import Component, Host

# Writes down who is about to run, then becomes the program.
_RUN = Path(__file__).with_name("run")
LOG_BYTES, OLD_LOGS = "20MB", 3
RESTARTS = 30


def programs_conf(programs: Iterable[Component], host: Host) -> str:
    """Return the file that supervisord.conf includes."""
    return "\n".join(_section(program, host, priority) for priority, program in enumerate(programs, 1))


def _section(program: Component, host: Host, priority: int) -> str:
    command = " ".join(f'"{_literal(word)}"' for word in program.command)
    lines = [
        f"[program:{program.name}]",
        # A user of its own may not write the record; the server's own lock file says who runs there.
        f"command={command}" if program.user else f'command="{_literal(_RUN)}" {program.name} {command}',
        "directory=/",
        # A supervisord that is told to end stops its programs itself, in the reverse of this order.
        f"priority={priority}",
        # iotctl starts each when what it needs is ready.
        "autostart=false",
        "autorestart=true",
        "startsecs=2",
        f"startretries={RESTARTS}",
        f"stopsignal={program.stop_signal}",
        f"stopwaitsecs={program.stop_within_s}",
        f"stopasgroup={str(program.stops_as_group).lower()}",
        "killasgroup=true",
        "redirect_stderr=true",
        f"stdout_logfile=%(ENV_IOT_LOGS_DIR)s/{program.name}.log",
        f"stdout_logfile_maxbytes={LOG_BYTES}",
        f"stdout_logfile_backups={OLD_LOGS}",
    ]
    if program.user:
        lines.append(f"user={program.user(host)}")
    if program.own_environment:
        pairs = ",".join(f'{name}="{value}"' for name, value in program.own_environment.items())
        lines.append(f"environment={pairs}")
    return "\n".join(lines) + "\n"


def _literal(word: str | Path) -> str:
    """Escape a path's % signs, which supervisord would expand; references to its environment stay."""
    return re.sub(r"%(?!\(ENV_)", "%%", str(word))
