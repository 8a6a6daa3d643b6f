"""OpenAPI of the `Idempotency-Key` header."""

from typing import Any

from ingest_api.idempotency.keys import MAX_KEY_LENGTH

PARAMETER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A repetition of the request with the same key gets the stored answer, and its readings without an "
    "id get the same ids. Use a new key for each new request, for example a UUID; with or without double quotes.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": r"^[!#-\[\]-~]+$"},
    "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
}
