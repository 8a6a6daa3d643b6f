"""`/v1/session`: exchanges an API key for a cookie that no script of the page can read."""

from fastapi import APIRouter, Request, Response

from dashboard.errors import KeysOffError
from dashboard.sessions.schemas import Session, SignIn
from service_kit.access.errors import ForbiddenError, KeysUnknownError, RateLimitedError, UnauthenticatedError
from service_kit.access.service import AccessService
from service_kit.access.sessions import COOKIE
from service_kit.problems import InvalidRequestError, problem_responses
from service_kit.security import ForeignOriginError

PATH = "/v1/session"

router = APIRouter(tags=["session"])


@router.post(
    PATH,
    summary="Sign in",
    responses=problem_responses(
        UnauthenticatedError,
        ForbiddenError,
        ForeignOriginError,
        KeysOffError,
        InvalidRequestError,
        RateLimitedError,
        KeysUnknownError,
    ),
)
async def sign_in(request: Request, response: Response, order: SignIn) -> Session:
    """The cookie lasts until the key is revoked, its time is over, or the browser signs out.

    An address may try 10 times a minute.
    """
    access: AccessService | None = getattr(request.app.state, "access", None)
    if access is None:
        raise KeysOffError("Nobody has to sign in: API keys are off here (DASHBOARD_AUTH)")
    key, value, max_age_s = access.sign_in(order.key.strip(), request.client.host if request.client else "")
    response.set_cookie(
        COOKIE, value, max_age=max_age_s, httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
    response.headers["Cache-Control"] = "no-store"
    return Session(name=key.name, scopes=key.scopes, expires_in_s=max_age_s)


@router.delete(PATH, summary="Sign out", status_code=204, responses=problem_responses(ForeignOriginError))
async def sign_out(response: Response) -> None:
    """Takes the cookie away from the browser; without one nothing happens."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
