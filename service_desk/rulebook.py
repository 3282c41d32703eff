"""Rules live, versioned and audited, in the database; YAML is their import, export and replay form."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, ForeignKey, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from asset_registry.audit import Audit, history, record
from asset_registry.db import Base
from asset_registry.errors import Missing
from collector.parts import part
from service_desk.ports import Rule
from service_desk.rules_yaml import PACKAGE, Draft, Fault, RuleFaults, read, validated, written

PRIORITIES = ("high", "medium", "low")


class RuleRow(Base):
    """A rule: its `kind` is a part (`rule.threshold`), `config` what that part's Config accepts."""

    __tablename__ = "rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    config: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(default=1)
    enabled: Mapped[bool] = mapped_column(default=True)
    changed: Mapped[datetime]


class RuleState(Base):
    """What a rule remembers about one subject between readings and across restarts."""

    __tablename__ = "rule_state"

    rule_id: Mapped[int] = mapped_column(ForeignKey("rule.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[dict[str, Any]] = mapped_column(JSON)
    due: Mapped[datetime | None] = mapped_column(index=True)


class Loaded(NamedTuple):
    """A rule that judges."""

    id: int
    name: str
    version: int
    rule: Rule


def built(draft: Draft) -> Rule:
    """The rule of a draft. Raises RuleFaults."""
    config = validated(draft)
    rule: Rule = part(draft.kind, [PACKAGE]).module.build(config)
    return rule


def save(session: Session, draft: Draft, who: str, now: datetime, rule_id: int | None = None) -> RuleRow:
    """Add or change the rule of that name, or the one of `rule_id`, which may get another name.

    The same again changes nothing. Raises RuleFaults, Missing.
    """
    validated(draft)
    row = session.scalars(select(RuleRow).where(RuleRow.name == draft.name).with_for_update()).first()
    if rule_id is not None:
        named, row = row, session.get(RuleRow, rule_id, with_for_update=True)
        if row is None:
            raise Missing(f"There is no rule {rule_id}.")
        if named is not None and named is not row:
            raise RuleFaults([Fault(0, "name", f"another rule is called {draft.name!r}")])
    before = _facts(row) if row else None
    if row is None:
        row = RuleRow(name=draft.name, kind=draft.kind, config=draft.config, enabled=draft.enabled, changed=now)
        session.add(row)
    elif draft_of(row) == draft:
        return row
    else:
        if _remembered(draft_of(row)) != _remembered(draft):
            session.execute(delete(RuleState).where(RuleState.rule_id == row.id))  # it remembered something else
        row.name, row.config, row.kind, row.enabled = draft
        row.version, row.changed = row.version + 1, now
    session.flush()
    record(session, now, who, "save", ("rule", row.id), before, _facts(row))
    return row


def _remembered(draft: Draft) -> object:
    """What a rule's states are of: another kind, metric or subject cannot go on with them."""
    try:
        rule = built(draft)
    except RuleFaults:
        return None
    return draft.kind, rule.metric, rule.hears, rule.about


def switch(session: Session, rule_id: int, who: str, now: datetime, *, enabled: bool) -> RuleRow:
    """Switch a rule on or off; its alarms clear when it is off. Raises Missing."""
    row = session.get(RuleRow, rule_id, with_for_update=True)
    if row is None:
        raise Missing(f"There is no rule {rule_id}.")
    return save(session, draft_of(row)._replace(enabled=enabled), who, now)


def draft_of(row: RuleRow) -> Draft:
    """A row as its draft."""
    return Draft(row.name, row.config, row.kind, row.enabled)


def _facts(row: RuleRow) -> dict[str, Any]:
    return {"name": row.name, "kind": row.kind, "config": row.config, "version": row.version, "enabled": row.enabled}


def load(session: Session) -> tuple[list[Loaded], dict[str, str]]:
    """The enabled rules; and by name, why others cannot judge (a vital, a config of a newer version)."""
    loaded: list[Loaded] = []
    refused: dict[str, str] = {}
    for row in session.scalars(select(RuleRow).where(RuleRow.enabled).order_by(RuleRow.id)):
        try:
            loaded.append(Loaded(row.id, row.name, row.version, built(draft_of(row))))
        except RuleFaults as error:
            refused[row.name] = str(error)
    return loaded, refused


def fingerprint(session: Session) -> tuple[tuple[int, int], ...]:
    """Changes when any rule does."""
    rows = select(RuleRow.id, RuleRow.version).order_by(RuleRow.id)
    return tuple((row.id, row.version) for row in session.execute(rows))


def last_changed_by(session: Session) -> dict[int, str]:
    """Who changed each rule last."""
    newest = select(func.max(Audit.id)).where(Audit.object_kind == "rule").group_by(Audit.object_id)
    return {int(row.object_id): row.who for row in session.scalars(select(Audit).where(Audit.id.in_(newest)))}


def versions(session: Session, rule_id: int) -> list[Audit]:
    """Every change of a rule, newest first, with how it was before and after."""
    return history(session, "rule", rule_id)


def import_yaml(session: Session, text: str, *, who: str, now: datetime, source: str = "rules.yaml") -> list[str]:
    """Save every rule of the file, or none: raises RuleFaults. Rules that are not in it stay. Says their names."""
    return [save(session, draft, who, now).name for draft in read(text, source)]


def export_yaml(session: Session) -> str:
    """Every rule, as `import_yaml` takes it."""
    return written(draft_of(row) for row in session.scalars(select(RuleRow).order_by(RuleRow.id)))


def seed(session: Session, text: str, now: datetime, source: str = "rules.yaml") -> list[str]:
    """The first rules of a house that has none."""
    if session.scalar(select(RuleRow.id).limit(1)) is not None:
        return []
    return import_yaml(session, text, who="wardkeeper", now=now, source=source)
