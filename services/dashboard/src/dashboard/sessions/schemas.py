"""What signing in takes and gives."""

from pydantic import BaseModel, Field

from iot_contracts.api_keys import Scope


class SignIn(BaseModel):
    """A key to exchange for a cookie."""

    key: str = Field(min_length=1, max_length=300, description="An API key that may read.")


class Session(BaseModel):
    """Who is signed in."""

    name: str = Field(description="The key's name.", examples=["operations desk"])
    scopes: tuple[Scope, ...] = Field(examples=[["read", "write"]])
    expires_in_s: int = Field(description="Time until the browser has to sign in again, in seconds.", examples=[43200])
