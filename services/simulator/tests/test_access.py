"""With keys on, every address of the service wants one, but for those that are named here."""

from service_kit.access_examples import answered_without_a_key
from simulator.app import create_app
from simulator.settings import Settings

OPEN = {
    *("GET /livez", "GET /readyz", "GET /docs", "GET /openapi.json", "HEAD /openapi.json"),
}


async def test_every_address_is_refused_without_a_key() -> None:
    assert await answered_without_a_key(create_app(Settings(auth="on"))) == OPEN
