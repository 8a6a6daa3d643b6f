"""What an OpenAPI document says about API keys. Pure."""

from typing import Any, Final

from service_kit.access.errors import ForbiddenError, KeysUnknownError, RateLimitedError, UnauthenticatedError
from service_kit.access.policy import AccessPolicy
from service_kit.problems import problem_responses

_KEY: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key, made by `iotctl keys create`. Needed where keys are switched on; the entry of an "
    "operation names the scope.",
}
_PASSWORD: Final = {"type": "http", "scheme": "basic", "description": "The API key as the password, of any user."}
_REFUSALS: Final = (UnauthenticatedError, ForbiddenError, RateLimitedError, KeysUnknownError)


def add_security(document: dict[str, Any], policy: AccessPolicy) -> None:
    """Name the schemes, the scope of each operation, and how a request without a sufficient key is refused; once."""
    schemes = {"apiKey": _KEY, **({"password": _PASSWORD} if policy.passwords else {})}
    components = document.setdefault("components", {})
    if "securitySchemes" in components:
        return
    components["securitySchemes"] = schemes
    components["responses"] = {error.code: problem_responses(error)[error.status] for error in _REFUSALS}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            scope = policy.needed_scope(method.upper(), path)
            if scope is None:
                continue
            # The empty alternative: without keys, as where they are off.
            operation["security"] = [{}, *({scheme: [scope]} for scheme in schemes)]
            for error in _REFUSALS:
                operation["responses"].setdefault(str(error.status), {"$ref": f"#/components/responses/{error.code}"})
