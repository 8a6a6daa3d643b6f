import pytest
from pydantic import ValidationError

from ingest_api.settings import Settings


def test_a_body_limit_above_the_limit_in_flight_is_refused() -> None:
    with pytest.raises(ValidationError, match="no such body ever fits"):
        Settings(max_body_bytes=2048, max_in_flight_bytes=1024)


def test_shared_names_have_no_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "broker:1")
    monkeypatch.setenv("INGEST_API_PORT", "8101")
    settings = Settings()
    assert (settings.kafka_bootstrap_servers, settings.port) == ("broker:1", 8101)
