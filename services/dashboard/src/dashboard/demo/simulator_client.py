"""The only place that talks to the simulator."""

import httpx

from dashboard.errors import SimulatorUnavailableError
from dashboard.upstream import Answer, explanation

_SOMEBODY_ELSE = frozenset({httpx.codes.NOT_FOUND, httpx.codes.MISDIRECTED_REQUEST})


class SimulatorClient:
    """Passes orders on to the simulator's control API, and its answers back."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        """Send a request, its body in JSON. Raises SimulatorUnavailableError.

        What the simulator says of an order that it can't carry out is an answer.
        """
        headers = {"Content-Type": "application/json"} if body else None
        try:
            answer = await self._http.request(method, path, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise SimulatorUnavailableError(
                f"The simulator at {self._http.base_url} does not answer ({type(error).__name__}); start it, or wait"
            ) from error
        # None of the addresses asked for moves or is missing, so whoever says so is no simulator.
        if answer.status_code >= 500 or answer.is_redirect or answer.status_code in _SOMEBODY_ELSE:
            raise SimulatorUnavailableError(
                f"The simulator at {self._http.base_url} answered {answer.status_code}: {explanation(answer)}"
            )
        return Answer.of(answer)
