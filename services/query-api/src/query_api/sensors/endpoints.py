"""`/v1/sensors`."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from query_api.database.json_bodies import decode_body, read_body
from query_api.database.text import Key
from query_api.dependencies import CurrentRuntime
from query_api.errors import DATABASE_PROBLEMS
from query_api.sensors.schemas import (
    CSV_ANSWER,
    CSV_BODY,
    PATCH_BODY,
    SENSOR_ANSWER,
    SENSOR_BODY,
    SENSORS_ANSWER,
    ImportAnswer,
    PatchQuery,
    SensorAnswer,
    SensorBody,
    SensorsAnswer,
    SensorsQuery,
)

router = APIRouter(prefix="/v1/sensors", tags=["sensors"], responses=DATABASE_PROBLEMS)
SensorId = Annotated[Key, Path(description="As `/v1/sensors` lists it.", examples=["SENSOR_001"])]


def _answer(content: SensorAnswer | SensorsAnswer) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")


@router.get("", summary="Sensors", response_class=Response, responses={200: SENSORS_ANSWER})
async def list_sensors(query: Annotated[SensorsQuery, Query()], runtime: CurrentRuntime) -> Response:
    """Sensors that match, by id: those whose readings were seen, and those that people registered."""
    return _answer(await runtime.people.sensors.list_sensors(query))


@router.get(".csv", summary="Export sensors", response_class=StreamingResponse, responses={200: CSV_ANSWER})
async def export_csv(runtime: CurrentRuntime) -> StreamingResponse:
    """What people say of sensors, as CSV; the import takes it."""
    await runtime.people.require_database()
    return StreamingResponse(runtime.people.sensors.export_csv(), media_type="text/csv; charset=utf-8")


@router.post(".csv", summary="Import sensors", openapi_extra=CSV_BODY)
async def import_csv(request: Request, runtime: CurrentRuntime) -> ImportAnswer:
    """Register the sensors of a CSV, all or none; what is the same as before changes nothing."""
    return await runtime.people.sensors.import_csv(await read_body(request))


@router.get("/{sensor_id}", summary="One sensor", response_class=Response, responses={200: SENSOR_ANSWER})
async def get_sensor(sensor_id: SensorId, runtime: CurrentRuntime) -> Response:
    """What people say of it and its newest reading."""
    return _answer(await runtime.people.sensors.get_sensor(sensor_id))


@router.put(
    "/{sensor_id}",
    summary="Register a sensor",
    response_class=Response,
    responses={200: SENSOR_ANSWER},
    openapi_extra=SENSOR_BODY,
)
async def replace(sensor_id: SensorId, request: Request, runtime: CurrentRuntime) -> Response:
    """What people say of it as a whole; a sensor that is not there is made."""
    body = decode_body(await read_body(request), SensorBody)
    return _answer(await runtime.people.sensors.replace(sensor_id, body))


@router.patch(
    "/{sensor_id}",
    summary="Change some of a sensor",
    response_class=Response,
    responses={200: SENSOR_ANSWER},
    openapi_extra=PATCH_BODY,
)
async def patch(
    sensor_id: SensorId, query: Annotated[PatchQuery, Query()], request: Request, runtime: CurrentRuntime
) -> Response:
    """Only the fields that are given; null takes one away."""
    body = await read_body(request)
    return _answer(await runtime.people.sensors.patch(sensor_id, body, query.unchanged_since))
