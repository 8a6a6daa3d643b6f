"""`/api/…`: passes known requests on to query-api; not an open proxy."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from dashboard.dependencies import CurrentRuntime
from dashboard.errors import AnswerTooLargeError, HistoryUnavailableError, OrderFormatError, OrderTooLargeError
from dashboard.history.schemas import (
    THRESHOLDS_BODY,
    AlertId,
    AlertsParameters,
    AnalysisName,
    AnalysisParameters,
    AnomaliesParameters,
    LatestParameters,
    LocationsParameters,
    Name,
    PatchParameters,
    ReadingsParameters,
    StatsParameters,
    ThresholdsOrder,
    TimeseriesParameters,
)
from dashboard.orders import ORDER_BODY, Order
from service_kit.problems import InvalidRequestError, problem_responses
from service_kit.security import ForeignOriginError

ORDER_PROBLEMS = problem_responses(ForeignOriginError, OrderFormatError, OrderTooLargeError)

router = APIRouter(
    prefix="/api",
    tags=["history"],
    responses=problem_responses(InvalidRequestError, HistoryUnavailableError, AnswerTooLargeError),
)


@router.get("/summary", summary="Key figures", response_class=Response)
async def summary(runtime: CurrentRuntime) -> Response:
    """What query-api's `/v1/summary` answers."""
    return (await runtime.query_client.get("/v1/summary", {})).passed_on()


@router.get("/stats", summary="Statistics by group", response_class=Response)
async def stats(runtime: CurrentRuntime, parameters: Annotated[StatsParameters, Query()]) -> Response:
    """What query-api's `/v1/stats` answers."""
    return (await runtime.query_client.get("/v1/stats", parameters.to_query())).passed_on()


@router.get("/readings", summary="Readings of one sensor", response_class=Response)
async def readings(runtime: CurrentRuntime, parameters: Annotated[ReadingsParameters, Query()]) -> Response:
    """What query-api's `/v1/readings` answers."""
    return (await runtime.query_client.get("/v1/readings", parameters.to_query())).passed_on()


@router.get("/timeseries", summary="Points over time", response_class=Response)
async def timeseries(runtime: CurrentRuntime, parameters: Annotated[TimeseriesParameters, Query()]) -> Response:
    """What query-api's `/v1/timeseries` answers."""
    return (await runtime.query_client.get("/v1/timeseries", parameters.to_query())).passed_on()


@router.get("/locations", summary="Key figures by location", response_class=Response)
async def locations(runtime: CurrentRuntime, parameters: Annotated[LocationsParameters, Query()]) -> Response:
    """What query-api's `/v1/locations` answers."""
    return (await runtime.query_client.get("/v1/locations", parameters.to_query())).passed_on()


@router.get("/latest", summary="Latest readings", response_class=Response)
async def latest(runtime: CurrentRuntime, parameters: Annotated[LatestParameters, Query()]) -> Response:
    """What query-api's `/v1/latest` answers."""
    return (await runtime.query_client.get("/v1/latest", parameters.to_query())).passed_on()


@router.get("/battery", summary="Batteries", response_class=Response)
async def battery(runtime: CurrentRuntime) -> Response:
    """What query-api's `/v1/battery` answers."""
    return (await runtime.query_client.get("/v1/battery", {})).passed_on()


@router.get("/anomalies", summary="Anomalous readings", response_class=Response)
async def anomalies(runtime: CurrentRuntime, parameters: Annotated[AnomaliesParameters, Query()]) -> Response:
    """What query-api's `/v1/anomalies` answers."""
    return (await runtime.query_client.get("/v1/anomalies", parameters.to_query())).passed_on()


@router.get("/analyses", summary="Batch analyses", response_class=Response)
async def analyses(runtime: CurrentRuntime) -> Response:
    """What query-api's `/v1/analyses` answers."""
    return (await runtime.query_client.get("/v1/analyses", {})).passed_on()


@router.get("/analyses/{name}", summary="What a batch analysis found", response_class=Response)
async def analysis(
    runtime: CurrentRuntime, name: AnalysisName, parameters: Annotated[AnalysisParameters, Query()]
) -> Response:
    """What query-api's `/v1/analyses/{name}` answers."""
    return (await runtime.query_client.get(f"/v1/analyses/{name}", parameters.to_query())).passed_on()


@router.get("/alerts", summary="Alerts", response_class=Response)
async def alerts(runtime: CurrentRuntime, parameters: Annotated[AlertsParameters, Query()]) -> Response:
    """What query-api's `/v1/alerts` answers."""
    return (await runtime.query_client.get("/v1/alerts", parameters.to_query())).passed_on()


@router.get("/alerts/{alert_id}", summary="An alert with its history", response_class=Response)
async def alert(runtime: CurrentRuntime, alert_id: AlertId) -> Response:
    """What query-api's `/v1/alerts/{alert_id}` answers."""
    return (await runtime.query_client.get(f"/v1/alerts/{alert_id}", {})).passed_on()


@router.get("/rules/{rule_id}", summary="An alert rule", response_class=Response)
async def rule(runtime: CurrentRuntime, rule_id: Name) -> Response:
    """What query-api's `/v1/rules/{rule_id}` answers."""
    return (await runtime.query_client.get(f"/v1/rules/{rule_id}", {})).passed_on()


@router.post(
    "/rules/backtest",
    summary="When would a rule have alerted?",
    response_class=Response,
    openapi_extra=ORDER_BODY,
    responses=ORDER_PROBLEMS,
)
async def backtest(runtime: CurrentRuntime, order: Order) -> Response:
    """What query-api's `/v1/rules/backtest` answers; it stores nothing."""
    return (await runtime.query_client.ask("POST", "/v1/rules/backtest", body=order)).passed_on()


@router.get("/sensors/{sensor_id}", summary="A sensor and its thresholds", response_class=Response)
async def sensor(runtime: CurrentRuntime, sensor_id: Name) -> Response:
    """What query-api's `/v1/sensors/{sensor_id}` answers."""
    return (await runtime.query_client.get(f"/v1/sensors/{sensor_id}", {})).passed_on()


@router.patch(
    "/sensors/{sensor_id}",
    summary="Change a sensor's thresholds",
    response_class=Response,
    openapi_extra=THRESHOLDS_BODY,
    responses=ORDER_PROBLEMS,
)
async def change_thresholds(
    runtime: CurrentRuntime,
    sensor_id: Name,
    thresholds: ThresholdsOrder,
    parameters: Annotated[PatchParameters, Query()],
) -> Response:
    """What query-api answers to the same; 409 when somebody else changed the sensor after `unchanged_since`."""
    path = f"/v1/sensors/{sensor_id}"
    return (await runtime.query_client.ask("PATCH", path, parameters.to_query(), thresholds.to_body())).passed_on()


@router.post(
    "/alerts/{alert_id}/{action}",
    summary="Acknowledge, resolve or snooze an alert",
    response_class=Response,
    openapi_extra=ORDER_BODY,
    responses=ORDER_PROBLEMS,
)
async def change_alert(
    runtime: CurrentRuntime, alert_id: AlertId, action: Literal["acknowledge", "resolve", "snooze"], order: Order
) -> Response:
    """What query-api answers to the same; it validates the body, for example `{"by": "Amina", "note": "seen"}`."""
    return (await runtime.query_client.ask("POST", f"/v1/alerts/{alert_id}/{action}", body=order)).passed_on()
