"""Rules: what is judged and whom, whether it works, every version of each; write one, try it on the last day, save it.

A rule is never deleted, because its alarms and tickets name it: it is switched off, and on again.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from asset_registry.audit import Audit
from collector.metrics import METRICS, is_vital
from collector.parts import names, part
from dashboards.access import STAFF, Visitor
from dashboards.api.params import Id
from dashboards.api.rules import RULERS, RULING
from dashboards.context import Context, Here
from dashboards.forms import Back, back_to
from dashboards.problems import NotThere
from dashboards.render import page
from dashboards.rule_trial import Trial, trial
from dashboards.rule_view import Change, condition, difference, scope
from dashboards.sentences import many, start
from service_desk import rulebook
from service_desk.alarms.model import Alarm
from service_desk.rule_terms import Terms
from service_desk.rulebook import RuleRow
from service_desk.rules_yaml import DEFAULT_KIND, PACKAGE, Draft, Fault, RuleFaults, read, written_alone

router = APIRouter()

_KIND = re.compile(r"^kind:\s*(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Line:
    """A rule in the list. `refused`: why it cannot judge; `alarms`: how many of it hold now."""

    row: RuleRow
    condition: str
    scope: str
    priority: str
    alarms: int
    who: str
    refused: str

    @property
    def state(self) -> tuple[str, str]:
        """The shape and the word of how it is."""
        if not self.row.enabled:
            return "off", "off"
        return ("high", "cannot judge") if self.refused else ("ok", "on")


class Written(BaseModel):
    """The form: the rule's text, and which version of which rule it was written from."""

    text: str = Field("", max_length=20_000)
    rule_id: int | None = Field(None, ge=1, le=2**53)
    version: int = 0


@dataclass(frozen=True)
class Editing:
    """What stands in the editor, of which kind it is, and what there is to say about it."""

    text: str
    kind: str
    faults: list[Fault] = field(default_factory=list)
    good: bool = False
    trial: Trial | None = None


@router.get("/rules", dependencies=[STAFF])
def rules(request: Request, here: Here, visitor: Visitor) -> Response:
    """All of them; those that cannot judge first, those that are off last."""
    with here.database.read() as session:
        lines = _lines(session)
    lines.sort(key=lambda line: (not line.row.enabled, not line.refused, line.row.name.casefold()))
    return page(request, "rules.html", answer=_answer(lines), lines=lines, start=start, may_rule=visitor.may(*RULERS))


@router.get("/rules.yaml", dependencies=[STAFF])
def as_yaml(here: Here) -> Response:
    """Every rule, as `wardkeeper import rules` takes it."""
    with here.database.read() as session:
        text = rulebook.export_yaml(session)
    return PlainTextResponse(text, headers={"Content-Disposition": 'attachment; filename="rules.yaml"'})


@router.get("/rules/new", dependencies=[RULING])
def new(
    request: Request, here: Here, visitor: Visitor, kind: Annotated[str, Query(max_length=60)] = DEFAULT_KIND
) -> Response:
    """An editor with an example of a kind."""
    if kind not in names([PACKAGE]):
        raise NotThere(f"kind of rule {kind}")
    example = here.example_rules.get(kind)
    text = written_alone(example) if example else f"name: A rule\nkind: {kind}\n"
    return _editor(request, here, visitor, None, Editing(text, kind))


@router.get("/rules/{rule_id}", dependencies=[STAFF])
def rule(
    request: Request,
    here: Here,
    visitor: Visitor,
    rule_id: Id,
    version: Annotated[int | None, Query(ge=1)] = None,
    *,
    back_test: bool = False,
) -> Response:
    """One rule; `version` puts an earlier one into the editor, `back_test` tries it on the last day."""
    with here.database.read() as session:
        row = _row(session, rule_id)
        draft = rulebook.draft_of(row) if version is None else _earlier(session, rule_id, version)
    tried = trial(here, draft) if back_test and visitor.may(*RULERS) else None
    return _editor(request, here, visitor, rule_id, Editing(written_alone(draft), draft.kind, trial=tried))


@router.post("/rules/check", dependencies=[RULING])
def check(request: Request, here: Here, visitor: Visitor, form: Annotated[Written, Form()]) -> Response:
    """Whether it could be saved; nothing is changed."""
    try:
        draft = _draft(form.text)
    except RuleFaults as faults:
        return _faulty(request, here, visitor, form, faults)
    return _editor(request, here, visitor, form.rule_id, Editing(form.text, draft.kind, good=True))


@router.post("/rules/try", dependencies=[RULING])
def attempt(request: Request, here: Here, visitor: Visitor, form: Annotated[Written, Form()]) -> Response:
    """What it would have done in the last day; nothing is changed."""
    try:
        draft = _draft(form.text)
        done = trial(here, draft)
    except RuleFaults as faults:
        return _faulty(request, here, visitor, form, faults)
    return _editor(request, here, visitor, form.rule_id, Editing(form.text, draft.kind, good=True, trial=done))


@router.post("/rules/save", dependencies=[RULING])
def save(request: Request, here: Here, visitor: Visitor, form: Annotated[Written, Form()]) -> Response:
    """Add it, or make it the rule's next version."""
    try:
        draft = _draft(form.text)
        with here.database.write() as session:
            _check_meanwhile(session, form, draft)
            saved = rulebook.save(session, draft, visitor.login, here.clock.now(), form.rule_id)
            number = saved.id
    except RuleFaults as faults:
        return _faulty(request, here, visitor, form, faults)
    return RedirectResponse(f"/rules/{number}", 303)


@router.post("/rules/{rule_id}/switch", dependencies=[RULING])
def switch(here: Here, visitor: Visitor, rule_id: Id, on: Annotated[bool, Form()], back: Back = "/rules") -> Response:
    """On or off; when it is off its alarms clear."""
    with here.database.write() as session:
        rulebook.switch(session, rule_id, visitor.login, here.clock.now(), enabled=on)
    return back_to(back)


def _lines(session: Session, rule_id: int | None = None) -> list[Line]:
    _, refused = rulebook.load(session)
    who = rulebook.last_changed_by(session)
    holding = select(Alarm.rule_id, func.count()).where(Alarm.active).group_by(Alarm.rule_id)
    alarms = dict(session.execute(holding).all())
    query = select(RuleRow) if rule_id is None else select(RuleRow).where(RuleRow.id == rule_id)
    return [
        Line(
            row=row,
            condition=condition(rulebook.draft_of(row)),
            scope=scope(row.config),
            priority=row.config.get("priority", "medium"),
            alarms=alarms.get(row.id, 0),
            who=who.get(row.id, ""),
            refused=refused.get(row.name, ""),
        )
        for row in session.scalars(query)
    ]


def _answer(lines: list[Line]) -> str:
    if not lines:
        return "Nothing is judged: there is no rule"
    refused = sum(bool(line.refused) for line in lines)
    if refused:
        return f"{start(many(refused, 'rule'))} cannot judge"
    on = sum(line.row.enabled for line in lines)
    off = f", {many(len(lines) - on, 'is off', 'are off')}" if on < len(lines) else ""
    return f"{start(many(on, 'rule judges', 'rules judge'))}{off}"


def _row(session: Session, rule_id: int) -> RuleRow:
    row = session.get(RuleRow, rule_id)
    if row is None:
        raise NotThere(f"rule {rule_id}")
    return row


def _earlier(session: Session, rule_id: int, version: int) -> Draft:
    for change in rulebook.versions(session, rule_id):
        if change.after and change.after.get("version") == version:
            return Draft(change.after["name"], change.after["config"], change.after["kind"], change.after["enabled"])
    raise NotThere(f"version {version} of rule {rule_id}")


def _draft(text: str) -> Draft:
    """The one rule of the text. Raises RuleFaults."""
    drafts = read(text)
    if len(drafts) != 1:
        raise RuleFaults(
            [Fault(1, "rule", "here stands one rule at a time; a file of many: wardkeeper import rules FILE")]
        )
    return drafts[0]


def _check_meanwhile(session: Session, form: Written, draft: Draft) -> None:
    """Raises RuleFaults when saving would undo what somebody else did."""
    if form.rule_id is not None:
        row = _row(session, form.rule_id)
        if row.version != form.version:
            why = (
                f"it was changed meanwhile and is at version {row.version}: open it again in another window and compare"
            )
            raise RuleFaults([Fault(0, "rule", why)])
    elif session.scalar(select(RuleRow.id).where(RuleRow.name == draft.name)) is not None:
        raise RuleFaults([Fault(0, "name", f"there is a rule {draft.name!r} already: change that one")])


def _faulty(request: Request, here: Context, visitor: Visitor, form: Written, faults: RuleFaults) -> Response:
    said = [
        fault._replace(field=fault.field.removeprefix("rules[0].").replace("rules[0]", "rule"))
        for fault in faults.faults
    ]
    editing = Editing(form.text, _kind_in(form.text), said)
    return _editor(request, here, visitor, form.rule_id, editing, form.version, status=422)


def _kind_in(text: str) -> str:
    """The kind that a text with mistakes means, as far as it can be seen."""
    found = _KIND.search(text)
    kind = found[1] if found else DEFAULT_KIND
    kind = kind if "." in kind else f"rule.{kind}"
    return kind if kind in names([PACKAGE]) else DEFAULT_KIND


def _editor(
    request: Request,
    here: Context,
    visitor: Visitor,
    rule_id: int | None,
    editing: Editing,
    version: int | None = None,
    status: int = 200,
) -> Response:
    with here.database.read() as session:
        line = None
        if rule_id is not None:
            _row(session, rule_id)
            [line] = _lines(session, rule_id)
        changes = [_change(audit) for audit in rulebook.versions(session, rule_id)] if rule_id is not None else []
        alarms = _alarms(session, rule_id) if rule_id is not None else []
    return page(
        request,
        "rule.html",
        status=status,
        line=line,
        editing=editing,
        version=version if version is not None else line.row.version if line else 0,
        changes=changes,
        alarms=alarms,
        may_rule=visitor.may(*RULERS),
        many=many,
        start=start,
        fields=_fields(editing.kind),
        kinds=[(name, _short(name)) for name in names([PACKAGE])],
        about_kind=_title(editing.kind),
        metrics=sorted((each for each in METRICS.values() if not is_vital(each.name)), key=lambda each: each.label),
    )


def _change(audit: Audit) -> Change:
    after = audit.after or {}
    return Change(int(after.get("version", 0)), audit.at, audit.who, difference(audit.before, audit.after))


def _alarms(session: Session, rule_id: int) -> list[tuple[int | None, str, datetime, str]]:
    """Those that hold: incident, title, since when, priority."""
    query = select(Alarm).where(Alarm.rule_id == rule_id, Alarm.active).order_by(Alarm.since).limit(20)
    return [(alarm.incident_id, alarm.title, alarm.since, alarm.priority) for alarm in session.scalars(query)]


def _fields(kind: str) -> list[tuple[str, str]]:
    """What a rule of a kind may say: every field with what it means; those of all kinds last."""
    config = part(kind, [PACKAGE]).config if kind in names([PACKAGE]) else None
    told = list(config.model_fields.items()) if config is not None else []
    told.sort(key=lambda field: field[0] in Terms.model_fields)
    return [(each.alias or name, each.description or "") for name, each in told]


def _short(kind: str) -> str:
    """A kind as it stands on a button: "battery forecast"."""
    return kind.partition(".")[2].replace("_", " ")


def _title(kind: str) -> str:
    return part(kind, [PACKAGE]).title if kind in names([PACKAGE]) else ""
