"""Which runtime a stack has: what its state folder remembers, else what is asked for, else what is here."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from components.registry import OPTIONAL, PROCESSES
from runtimes.compose import engine
from runtimes.compose.runtime import ComposeRuntime
from runtimes.native.runtime import NativeRuntime
from runtimes.protocol import Runtime
from stack import settings as settings_module
from stack.errors import IotctlError
from stack.paths import StatePaths

NATIVE, DOCKER = "native", "docker"
NOTHING = "none"


def load(outer: Mapping[str, str] | None = None) -> Runtime:
    """Return the stack that `.env` and the environment describe; reads, and touches nothing. Raises IotctlError."""
    outer = os.environ if outer is None else outer
    settings = settings_module.load(outer)
    word = choose(outer.get("RUNTIME", ""), remembered(settings.state), engine.answers)
    extras = choose_extras(outer.get("WITH", ""), remembered_extras(settings.state))
    if word == DOCKER:
        return ComposeRuntime.of(settings, extras)
    refuse_without_containers(extras)
    return NativeRuntime.of(settings, outer, extras)


def choose(asked: str, remembered: str, engine_answers: Callable[[], bool]) -> str:
    """Decide between what is asked for and what the state folder remembers (empty: nothing).

    Raises IotctlError for another word, and for another runtime than the folder's.
    """
    if asked not in ("", NATIVE, DOCKER):
        raise IotctlError("settings", f"RUNTIME={asked} is unknown", f"say RUNTIME={NATIVE} or RUNTIME={DOCKER}")
    if asked and remembered and asked != remembered:
        raise IotctlError(
            "settings",
            f"the state folder holds a stack of RUNTIME={remembered}, not of {asked}",
            f"leave RUNTIME out; or move it: make backup FILE=stack.tar, then make restore FILE=stack.tar "
            f"RUNTIME={asked} with another STATE_DIR",
        )
    return remembered or asked or (DOCKER if engine_answers() else NATIVE)


def choose_extras(asked: str, remembered: str) -> tuple[str, ...]:
    """Return the words of WITH= that count: what is asked for, else what is remembered. Raises IotctlError."""
    words = tuple(dict.fromkeys(word for word in (asked or remembered).split(",") if word != NOTHING and word))
    for word in words:
        if word not in OPTIONAL:
            known = ", ".join((*OPTIONAL, NOTHING))
            raise IotctlError("settings", f"WITH={word} is unknown", f"say one of: {known}; or several, with commas")
    return words


def refuse_without_containers(extras: tuple[str, ...]) -> None:
    """Raise IotctlError for what only has a container."""
    for word in extras:
        if OPTIONAL[word] not in PROCESSES:
            raise IotctlError(
                "settings",
                f"WITH={word} needs a stack of containers",
                f"leave it out, or start a stack of its own: make up WITH={word} RUNTIME=docker with another STATE_DIR",
            )


def remembered_extras(state: StatePaths) -> str:
    """Return the words of WITH= that a state folder was started with."""
    return state.extras.read_text().strip() if state.extras.exists() else ""


def remembered(state: StatePaths) -> str:
    """Return the runtime that a state folder was started with; one from before it was written down is native."""
    if state.runtime.exists():
        return state.runtime.read_text().strip()
    return NATIVE if state.data.exists() else ""


def remember(runtime: Runtime) -> None:
    """Write down what a state folder is started with."""
    state = runtime.settings.state
    state.root.mkdir(parents=True, exist_ok=True)
    state.runtime.write_text(f"{runtime.name}\n")
    state.extras.write_text(f"{','.join(runtime.extras)}\n")
