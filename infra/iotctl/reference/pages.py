"""Writes settings and metrics as pages: pure, from what was collected to Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from iotctl.reference.metric_sources import Metric
from iotctl.reference.setting_sources import Setting, StackSetting
from iotctl.reference.tables import GENERATED, code, table

_UNITS = {
    "_ms": "ms",
    "_s": "s",
    "_minutes": "min",
    "_hours": "h",
    "_days": "d",
    "_bytes": "bytes",
    "_kb": "KiB",
    "_mb": "MiB",
    "_percent": "%",
}
_TYPES = {
    **{"str": "text", "int": "whole number", "float": "number", "bool": "true or false", "Path": "path"},
    **{"list[str]": "list of text", "list[int]": "list of numbers", "list[float]": "list of numbers", "json": "JSON"},
}
_KIB = 1024
_SETTINGS_HEAD = f"""# Settings

{GENERATED}

A stack's own variables have their defaults in [`.env`](../.env). Override one on the command line
(`make up PORT_OFFSET=1000`), in the environment, or by editing `.env`. A service's own variables (those that begin with
its name) go to it from the environment or, added as a line, from `.env`; shared ones (without a service's name, such as
`SENSOR_TYPES_FILE`) only from `.env`. `make up` restarts a running stack when a variable has changed; `make restart`
does not read them anew. What is marked ¹ is set by `make up` to fit the stack, whatever the default says here. A
service refuses to start with a value outside the limits. Lists are JSON arrays unless the meaning says otherwise.
See [how to add one](how-to/add-a-setting.md).
"""
_METRICS_HEAD = f"""# Metrics

{GENERATED}

Every service answers `GET /metrics` in Prometheus' text format. Beside the ones below each has those of the Prometheus
client itself, `process_*` (memory, CPU, open files) and `python_*`. A histogram has the series `_bucket`, `_sum` and
`_count`. A series that ends in `_created` is the time at which a counter or histogram began.
"""


def settings_page(stack: Iterable[StackSetting], services: Mapping[str, Sequence[Setting]], set_by_up: set[str]) -> str:
    """Return docs/settings.md; `set_by_up` names the variables that `make up` gives the services."""
    parts = [_SETTINGS_HEAD, "## The stack\n", table(("variable", "default", "meaning"), map(_stack_row, stack))]
    for name, settings in services.items():
        rows = (_setting_row(setting, setting.variable in set_by_up) for setting in settings)
        parts += [f"## {name}\n", table(("variable", "type and limits", "default", "meaning"), rows)]
    return "\n".join(parts)


def metrics_page(owners: Mapping[str, Sequence[Metric]]) -> str:
    """Return docs/metrics.md: a heading for each owner of metrics, a row for each metric."""
    parts = [_METRICS_HEAD]
    for heading, metrics in owners.items():
        parts += [f"## {heading}\n", table(("metric", "type", "labels", "meaning"), map(_metric_row, metrics))]
    return "\n".join(parts)


def unit_of(variable: str) -> str | None:
    """Return the unit that a setting's name ends with, if any."""
    return next((unit for ending, unit in _UNITS.items() if variable.lower().endswith(ending)), None)


def _stack_row(setting: StackSetting) -> tuple[str, ...]:
    return code(setting.variable), code(setting.default), setting.meaning


def _setting_row(setting: Setting, is_set_by_up: bool) -> tuple[str, ...]:
    kind = [_TYPES.get(setting.type, setting.type), unit_of(setting.variable), *setting.limits]
    mark = " ¹" if is_set_by_up else ""
    return code(setting.variable) + mark, ", ".join(filter(None, kind)), _default(setting), setting.description


def _default(setting: Setting) -> str:
    if setting.default is None:
        return "required"
    if setting.default in ("", "[]"):
        return "none"
    return f"{code(setting.default)}{_rounded_bytes(setting)}"


def _rounded_bytes(setting: Setting) -> str:
    """Return a size in bytes as KiB or MiB as well, where it is a whole number of them."""
    size = int(setting.default or 0) if unit_of(setting.variable) == "bytes" else 0
    if size and size % _KIB**2 == 0:
        return f" ({size // _KIB**2} MiB)"
    return f" ({size // _KIB} KiB)" if size and size % _KIB == 0 else ""


def _metric_row(metric: Metric) -> tuple[str, ...]:
    return code(metric.name), metric.kind, ", ".join(map(code, metric.labels)), metric.meaning
