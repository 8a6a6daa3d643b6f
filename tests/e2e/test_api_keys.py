"""A whole stack that asks for API keys: closed to everybody without one, and doing its work with its own."""

import json
import os
import stat
import subprocess
import urllib.request
from collections.abc import AsyncIterator, Iterator

import pytest
from httpx import AsyncClient
from playwright.async_api import Page, expect

from service_kit.testing import wait_until
from support.own_stack import own_stack
from support.stack import IN_CONTAINERS, PROJECT, Stack

pytestmark = pytest.mark.timeout(900)
SERVICES = ("simulator", "ingest-api", "stream-processor", "query-api", "dashboard")
OPEN = {"/livez", "/readyz", "/ping", "/health", "/v1/session"}
READ_WITHIN_S = 60


@pytest.fixture(scope="module")
def keyed() -> Iterator[Stack]:
    with own_stack("keys") as stack:
        stack.make("up", deadline_s=900, AUTH="on", SIMULATOR="on")
        yield stack


def iotctl(stack: Stack, *arguments: str) -> str:
    done = subprocess.run(
        [PROJECT / ".local/bin/iotctl", *arguments],
        env=os.environ | {"PORT_OFFSET": str(stack.port_offset), "STATE_DIR": str(stack.state_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def make_key(stack: Stack, *scopes: str) -> str:
    options = [word for scope in scopes for word in ("--scope", scope)]
    return iotctl(stack, "keys", "create", "test", *options).split()[-1]


@pytest.fixture
async def reader(keyed: Stack) -> AsyncIterator[AsyncClient]:
    headers = {"Authorization": f"Bearer {make_key(keyed, 'read')}"}
    async with AsyncClient(timeout=30, headers=headers) as client:
        yield client


@pytest.mark.parametrize("service", SERVICES)
async def test_every_documented_address_is_closed(keyed: Stack, http: AsyncClient, service: str) -> None:
    document = (await http.get(f"{keyed.url(service)}/openapi.json")).json()
    operations = [(method, path) for path, methods in document["paths"].items() for method in methods]
    assert len(operations) > 3
    for method, path in operations:
        answer = await http.request(method, f"{keyed.url(service)}{path}")
        assert (answer.status_code == 401) == (path not in OPEN), (method, path, answer.status_code)


async def test_readings_pass_from_the_simulator_to_the_dashboard(keyed: Stack, reader: AsyncClient) -> None:
    async def counted() -> bool:
        answer = (await reader.get(f"{keyed.url('query-api')}/v1/summary")).json()
        return bool(answer.get("readings", 0) > 0)

    await wait_until(counted, deadline_s=READ_WITHIN_S, otherwise="no reading of the fleet is counted")
    assert (await reader.get(f"{keyed.url('dashboard')}/api/summary")).json()["readings"] > 0
    stages = (await reader.get(f"{keyed.url('dashboard')}/v1/pipeline")).json()["stages"]
    assert {stage["health"] for stage in stages} == {"ready"}, stages
    fleet = (await reader.get(f"{keyed.url('dashboard')}/api/simulator")).json()
    assert (fleet["running"], fleet["last_error"]) == (True, None)


def test_the_commands_use_a_key_of_their_own(keyed: Stack) -> None:
    iotctl(keyed, "self-test")
    assert json.loads(iotctl(keyed, "rules", "list", "--json")) != []
    assert keyed.audit().get("violations") == []


def test_the_keys_are_files_that_the_owner_alone_reads(keyed: Stack) -> None:
    files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (keyed.state_dir / "secrets").iterdir()}
    callers = ("simulator", "dashboard", "prometheus", "iotctl")
    # Containers have each key in a volume of its caller's; the commands run outside of them.
    on_disk = ("iotctl",) if IN_CONTAINERS else callers
    assert {files[f"{caller}-api-key"] for caller in on_disk} == {0o600}
    scopes = {
        key["name"]: key["scopes"] for key in map(json.loads, iotctl(keyed, "keys", "list", "--json").splitlines())
    }
    assert [scopes[caller] for caller in callers] == [["write"], ["admin"], ["read"], ["admin"]]
    assert (keyed.state_dir / "secrets").stat().st_mode & 0o077 == 0


def test_a_second_up_makes_no_second_keys(keyed: Stack) -> None:
    before = iotctl(keyed, "keys", "list", "--json")
    keyed.make("up", deadline_s=900, AUTH="on", SIMULATOR="on")
    assert iotctl(keyed, "keys", "list", "--json") == before


async def test_a_person_signs_in_and_is_out_when_the_key_is_revoked(keyed: Stack, page: Page) -> None:
    token = make_key(keyed, "read")
    await page.goto(keyed.url("dashboard"))
    dialog = page.get_by_role("dialog", name="Sign in")
    await expect(dialog).to_be_visible(timeout=20_000)
    await dialog.get_by_label("API key").fill("iot_0000000000000000_wrong")
    await dialog.get_by_role("button", name="Sign in").click()
    await expect(dialog).to_contain_text("unknown or revoked")
    await dialog.get_by_label("API key").fill(token)
    await dialog.get_by_role("button", name="Sign in").click()
    await expect(page.locator("[data-connection='live']")).to_be_visible(timeout=30_000)
    await expect(dialog).to_be_hidden()
    assert await page.evaluate("document.cookie") == ""
    assert token not in page.url
    iotctl(keyed, "keys", "revoke", token.split("_")[1])
    await expect(dialog).to_be_visible(timeout=30_000)
    await expect(page.locator("[data-connection='live']")).to_have_count(0, timeout=30_000)


async def test_the_form_speaks_french_and_signing_out_asks_for_a_key_again(keyed: Stack, page: Page) -> None:
    await page.goto(f"{keyed.url('dashboard')}/?lang=fr")
    dialog = page.get_by_role("dialog", name="Connexion")
    await dialog.get_by_label("Clé d’API").fill(make_key(keyed, "read"))
    await dialog.get_by_role("button", name="Se connecter").click()
    await page.get_by_role("button", name="Se déconnecter").click(timeout=30_000)
    await expect(dialog).to_be_visible(timeout=30_000)


def test_a_stack_that_others_reach_must_ask_for_keys(keyed: Stack) -> None:
    with pytest.raises(AssertionError, match="AUTH=on make up"):
        keyed.make("up", BIND_HOST="0.0.0.0", AUTH="off", PORT_OFFSET="3500", STATE_DIR=f"{keyed.state_dir}-open")
    with urllib.request.urlopen(f"{keyed.url('dashboard')}/livez") as answer:
        assert answer.status == 200
