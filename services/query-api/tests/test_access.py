"""With keys on, every address of the service wants one, but for those that are named here."""

from query_api.app import POLICY, create_app
from query_api.settings import Settings
from service_kit.access_examples import answered_without_a_key, unknown_exceptions

OPEN = {
    *("GET /livez", "GET /readyz", "GET /docs", "GET /openapi.json", "HEAD /openapi.json"),
}


async def test_every_address_is_refused_without_a_key() -> None:
    assert await answered_without_a_key(create_app(Settings(auth="on"))) == OPEN


def test_the_policy_names_addresses_that_there_are() -> None:
    assert unknown_exceptions(create_app(Settings()), POLICY) == set()
