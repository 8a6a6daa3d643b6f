"""Passes the demo's orders on to the simulator."""

import httpx

from dashboard.errors import SimulatorUnavailableError
from dashboard.upstream import NOT_THE_CALLERS_FAULT, Answer, explanation

_NOT_A_SIMULATOR = NOT_THE_CALLERS_FAULT | {httpx.codes.NOT_FOUND}


class SimulatorClient:
    """Passes orders on to the simulator's control API, and its answers back."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        """Send a request, its body in JSON. Raises SimulatorUnavailableError.

        A refusal by the simulator is returned as an answer.
        """
        headers = {"Content-Type": "application/json"} if body else None
        try:
            answer = await self._http.request(method, path, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise SimulatorUnavailableError(
                f"The simulator at {self._http.base_url} does not answer ({type(error).__name__}); start it, or wait"
            ) from error
        # A simulator has all of these addresses: a redirect or 404 comes from another program.
        if answer.status_code >= 500 or answer.is_redirect or answer.status_code in _NOT_A_SIMULATOR:
            raise SimulatorUnavailableError(
                f"The simulator at {self._http.base_url} answered {answer.status_code}: {explanation(answer)}"
            )
        return Answer.of(answer)
