import pytest
from pydantic import ValidationError

from ingest_api.settings import Settings
from service_kit.describe import describe


def test_a_body_limit_above_the_limit_in_flight_is_refused() -> None:
    with pytest.raises(ValidationError, match="largest allowed body never fits"):
        Settings(max_body_bytes=2048, max_in_flight_bytes=1024)


def test_shared_names_have_no_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "broker:1")
    monkeypatch.setenv("INGEST_API_PORT", "8101")
    settings = Settings()
    assert (settings.kafka_bootstrap_servers, settings.port) == ("broker:1", 8101)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "ingest.example"])
def test_without_keys_nobody_but_this_machine_is_served(host: str) -> None:
    with pytest.raises(ValidationError, match="INGEST_API_AUTH=on"):
        Settings(host=host)
    assert Settings(host=host, auth="on").host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_on_loopback_keys_may_be_off(host: str) -> None:
    assert Settings(host=host).auth == "off"


def test_each_worker_has_its_share_of_the_bytes_in_flight() -> None:
    assert Settings(workers=2, max_body_bytes=1024, max_in_flight_bytes=4096).in_flight_bytes_per_worker == 2048
    with pytest.raises(ValidationError, match="workers times max_body_bytes"):
        Settings(workers=3, max_body_bytes=2048, max_in_flight_bytes=4096)


def test_a_variable_without_a_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = [name for setting in describe(Settings) for name in setting.variable.split(" or ")]
    for name in variables:
        monkeypatch.delenv(name, raising=False)
    default = Settings()
    for name in variables:
        monkeypatch.setenv(name, "")
    assert Settings() == default


def test_in_a_container_the_address_that_publishes_the_port_decides() -> None:
    assert Settings(host="0.0.0.0", published_host="127.0.0.1").auth == "off"
    with pytest.raises(ValidationError, match=r"host 192\.168\.1\.5 can be reached"):
        Settings(host="0.0.0.0", published_host="192.168.1.5")
