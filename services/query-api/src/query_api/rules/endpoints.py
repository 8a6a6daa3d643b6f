"""`/v1/rules`."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Request, Response

from query_api.database.json_bodies import decode_body, read_body
from query_api.database.text import Key
from query_api.dependencies import CurrentRuntime, CurrentView
from query_api.errors import DATABASE_PROBLEMS, PROBLEMS
from query_api.rules.backtest_schemas import BACKTEST_ANSWER, BACKTEST_BODY, BacktestBody
from query_api.rules.schemas import RULE_ANSWER, RULE_BODY, RULES_ANSWER, RuleBody, RulesAnswer, StoredRule

router = APIRouter(prefix="/v1/rules", tags=["rules"], responses=DATABASE_PROBLEMS)
RuleId = Annotated[Key, Path(description="As `/v1/rules` lists it.", examples=["cold-store-too-warm"])]


def _answer(content: StoredRule | RulesAnswer, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")


@router.get("", summary="Rules", response_class=Response, responses={200: RULES_ANSWER})
async def list_rules(runtime: CurrentRuntime) -> Response:
    """All rules that are not deleted, by id."""
    return _answer(await runtime.people.rules.list_rules())


@router.post(
    "",
    summary="Make a rule",
    status_code=201,
    response_class=Response,
    responses={201: RULE_ANSWER},
    openapi_extra=RULE_BODY,
)
async def create(request: Request, runtime: CurrentRuntime) -> Response:
    """It is in the database when this answers, and in force seconds later."""
    body = decode_body(await read_body(request), RuleBody)
    return _answer(await runtime.people.rules.create(body), 201)


@router.post(
    "/backtest",
    summary="When would a rule have alerted?",
    response_class=Response,
    responses={**PROBLEMS, 200: BACKTEST_ANSWER},
    openapi_extra=BACKTEST_BODY,
)
async def backtest(request: Request, runtime: CurrentRuntime, view: CurrentView) -> Response:
    """Run a rule over the readings of the table by the stream's own state machine. Nothing is stored or sent."""
    body = decode_body(await read_body(request), BacktestBody)
    return Response(msgspec.json.encode(await runtime.backtests.run(view, body)), media_type="application/json")


@router.get("/{rule_id}", summary="One rule", response_class=Response, responses={200: RULE_ANSWER})
async def get_rule(rule_id: RuleId, runtime: CurrentRuntime) -> Response:
    """Its newest version."""
    return _answer(await runtime.people.rules.get_rule(rule_id))


@router.get("/{rule_id}/versions", summary="A rule's history", response_class=Response, responses={200: RULES_ANSWER})
async def versions(rule_id: RuleId, runtime: CurrentRuntime) -> Response:
    """Its newest 100 versions, newest first; the last of a deleted rule says `deleted`."""
    return _answer(await runtime.people.rules.versions(rule_id))


@router.put(
    "/{rule_id}",
    summary="Change a rule",
    response_class=Response,
    responses={200: RULE_ANSWER},
    openapi_extra=RULE_BODY,
)
async def replace(rule_id: RuleId, request: Request, runtime: CurrentRuntime) -> Response:
    """The rule as a whole, as its next version."""
    body = decode_body(await read_body(request), RuleBody)
    return _answer(await runtime.people.rules.replace(rule_id, body))


@router.delete("/{rule_id}", summary="Delete a rule", response_class=Response, responses={200: RULE_ANSWER})
async def delete(rule_id: RuleId, runtime: CurrentRuntime) -> Response:
    """Its alerts are cleared by the stream; its history stays."""
    return _answer(await runtime.people.rules.delete(rule_id))
