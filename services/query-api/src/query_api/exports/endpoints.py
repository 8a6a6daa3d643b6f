"""`/v1/exports`."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Response
from fastapi.responses import FileResponse

from query_api.dependencies import CurrentRuntime
from query_api.errors import EXPORT_PROBLEMS
from query_api.exports.schemas import MEDIA_TYPES, ExportAnswer, ExportBody, ExportsAnswer

router = APIRouter(prefix="/v1/exports", tags=["exports"])
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    **EXPORT_PROBLEMS,
    200: {"content": {media_type: {} for media_type in MEDIA_TYPES.values()}},
}


@router.post("", summary="Export readings to a file", status_code=202, responses=EXPORT_PROBLEMS)
async def create(body: Annotated[ExportBody, Body()], response: Response, runtime: CurrentRuntime) -> ExportAnswer:
    """Queue an export of the readings that match at this moment; `Location` says where to ask how far it is."""
    answer = runtime.exports.create(await runtime.view_of(body), body)
    response.headers["Location"] = f"/v1/exports/{answer.export_id}"
    return answer


@router.get("", summary="All exports", responses=EXPORT_PROBLEMS)
async def list_exports(runtime: CurrentRuntime) -> ExportsAnswer:
    """Newest first; those that have expired are gone, and a restart of query-api deletes all."""
    return runtime.exports.list()


@router.get("/{export_id}", summary="How far an export is", responses=EXPORT_PROBLEMS)
async def get(export_id: str, runtime: CurrentRuntime) -> ExportAnswer:
    """Its state, and how much is written."""
    return runtime.exports.get(export_id)


@router.get("/{export_id}/download", summary="An export's file", response_class=FileResponse, responses=_FILE)
async def download(export_id: str, runtime: CurrentRuntime) -> FileResponse:
    """The whole file, once the export is done."""
    file, format_ = runtime.exports.file(export_id)
    return FileResponse(file, media_type=MEDIA_TYPES[format_], filename=f"readings-{export_id}.{format_}")


@router.delete("/{export_id}", summary="Stop or delete an export", status_code=204, responses=EXPORT_PROBLEMS)
async def delete(export_id: str, runtime: CurrentRuntime) -> None:
    """One that is not done is stopped and stays in the list as cancelled; any other goes with its file."""
    await runtime.exports.delete(export_id)
