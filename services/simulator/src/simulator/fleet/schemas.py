"""Shapes of the control API."""

from pydantic import BaseModel, Field


class FleetStatus(BaseModel):
    """What the fleet does and what became of its readings."""

    running: bool = Field(description="Whether the sensors measure now.")
    sensors: int = Field(description="Sensors in the fleet.", examples=[20])
    rate_per_s: float = Field(description="Readings a second of the whole fleet while it runs.", examples=[10.0])
    ingest_api_url: str = Field(description="Where readings are posted.", examples=["http://127.0.0.1:8001"])
    generated: int = Field(description="Readings measured so far.", examples=[1200])
    sent: int = Field(description="Readings that ingest-api has answered for.", examples=[1198])
    accepted: int = Field(description="Of these, accepted: Kafka has them.", examples=[1198])
    rejected: int = Field(description="Of these, rejected as invalid.", examples=[0])
    retries: int = Field(description="Requests that were sent again with the same readings.", examples=[3])
    buffered: int = Field(description="Readings that wait for ingest-api.", examples=[2])
    dropped: int = Field(description="Oldest readings given up because the buffer was full.", examples=[0])
    last_error: str | None = Field(description="What went wrong last, if anything did.", examples=[None])
