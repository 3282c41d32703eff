"""Rules: what is judged, when, and how grave it is. A vital is never judged."""

import json
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import select

from dashboards.access import STAFF, Visitor, admit
from dashboards.api.models import At
from dashboards.api.params import Id
from dashboards.context import Here
from dashboards.paging import Cursor, Limit, Listed, decode, encode
from dashboards.problems import FieldError, NotThere
from service_desk import rulebook
from service_desk.rulebook import RuleRow
from service_desk.rules_yaml import DEFAULT_KIND, Draft, RuleFaults, validated

router = APIRouter(prefix="/rules", tags=["alarms"])

RULERS = ("biomed", "facilities", "it_agent")
RULING = admit(*RULERS)


class RuleOut(BaseModel):
    """A rule; `version` grows with every change."""

    id: int
    name: str
    kind: str
    config: dict[str, Any]
    version: int
    enabled: bool
    changed: At


class RuleIn(BaseModel):
    """A rule as somebody writes it: `config` is what its kind accepts (`wardkeeper kinds`, docs/rules.md)."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    kind: str = Field(DEFAULT_KIND, max_length=60)
    config: dict[str, Any]
    enabled: bool = True

    @field_validator("config")
    @classmethod
    def _json(cls, config: dict[str, Any]) -> dict[str, Any]:
        """JSON as every database keeps it: Python's reader lets NaN and halves of characters through."""
        json.dumps(config, allow_nan=False, ensure_ascii=False).encode()
        return config


class Checked(BaseModel):
    """Whether a rule can be, and what is wrong with it."""

    valid: bool
    errors: list[FieldError]


class SwitchIn(BaseModel):
    """On or off."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool


class Faulty(HTTPException):
    """A rule that cannot be."""

    def __init__(self, faults: RuleFaults) -> None:
        super().__init__(422, "The rule cannot be so; nothing was changed.")
        self.errors = _errors(faults)


@router.get("", dependencies=[STAFF])
def rules(here: Here, limit: Limit = 100, cursor: Cursor = None) -> Listed[RuleOut]:
    """Rules by id."""
    query = select(RuleRow).order_by(RuleRow.id).limit(limit + 1)
    after = decode(cursor, int)
    if after is not None:
        query = query.where(RuleRow.id > after)
    with here.database.read() as session:
        rows = list(session.scalars(query))
    items = [_out(row) for row in rows[:limit]]
    return Listed(items=items, next=encode(items[-1].id) if len(rows) > limit else None)


@router.get("/{rule_id}", dependencies=[STAFF])
def rule(here: Here, rule_id: Id) -> RuleOut:
    """One rule."""
    with here.database.read() as session:
        row = session.get(RuleRow, rule_id)
    if row is None:
        raise NotThere(f"rule {rule_id}")
    return _out(row)


@router.post("", dependencies=[RULING])
def save(here: Here, visitor: Visitor, wanted: RuleIn) -> RuleOut:
    """Add the rule, or change the one of that name. The same again changes nothing."""
    try:
        with here.database.write() as session:
            return _out(rulebook.save(session, _draft(wanted), visitor.login, here.clock.now()))
    except RuleFaults as faults:
        raise Faulty(faults) from faults


@router.post("/validate", dependencies=[STAFF])
def validate(wanted: RuleIn) -> Checked:
    """Whether the rule could be saved."""
    try:
        validated(_draft(wanted))
    except RuleFaults as faults:
        return Checked(valid=False, errors=_errors(faults))
    return Checked(valid=True, errors=[])


@router.post("/{rule_id}/switch", dependencies=[RULING])
def switch(here: Here, visitor: Visitor, rule_id: Id, wanted: SwitchIn) -> RuleOut:
    """Switch it on or off; when it is off its alarms clear."""
    try:
        with here.database.write() as session:
            return _out(rulebook.switch(session, rule_id, visitor.login, here.clock.now(), enabled=wanted.enabled))
    except RuleFaults as faults:
        raise Faulty(faults) from faults


def _draft(wanted: RuleIn) -> Draft:
    return Draft(wanted.name, wanted.config, wanted.kind, wanted.enabled)


def _out(row: RuleRow) -> RuleOut:
    return RuleOut(**{name: getattr(row, name) for name in RuleOut.model_fields})


def _errors(faults: RuleFaults) -> list[FieldError]:
    top = ("name", "kind", "rule")
    return [
        FieldError(field=fault.field if fault.field in top else f"config.{fault.field}", why=fault.why)
        for fault in faults.faults
    ]
