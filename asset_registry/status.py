"""What people and telemetry may do to an asset's status. Every change is audited and bumps the revision.

- use: telemetry and clinical roles set idle and in_use; claimed only by `claim_asset`
- hygiene: anybody, telemetry or a place may say soiled; only a person who cleans may say clean, reprocessing, unknown
- condition: any person reports, and may take it back within 15 minutes; who may take an asset may sequester it after
  a patient event; the rest is biomed's. Sequestered locks use, hygiene and condition until biomed lets go, with a note
- holding: any person may say missing; the rest is biomed's; a retired asset comes back only by an admin. Who may take
  an asset may ask that a rented or borrowed one is fetched; biomed says that it has left

Use soils: an asset that was clean and leaves `in_use` is soiled unless the same change says otherwise.
"""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.assets import CONDITION, HOLDING, HYGIENE, USE, Asset, is_claimed, usable
from asset_registry.audit import Audit, bump, hold, record
from asset_registry.db import Database
from asset_registry.errors import Conflict, Forbidden, Invalid, Missing
from asset_registry.people import TELEMETRY, Person, Principal
from collector.clock import Clock

CLAIM_MINUTES = 15
CLEANERS = ("biomed", "equipment_cleaning", "clinician")
USERS = ("biomed", "clinician", "equipment_cleaning", "pharmacy_lab")
TAKERS = (*USERS, "facilities", "infection_prevention")

BORROWED = ("rented", "loaned_in")
"""What belongs to others and goes back to them."""

_PARTS = {"use": USE, "hygiene": HYGIENE, "condition": CONDITION, "holding": HOLDING}


def claim_asset(session: Session, asset_id: int, actor: Principal, now: datetime, zone: tzinfo = UTC) -> Asset:
    """Take the asset ("I'm taking it"): it is theirs for 15 minutes; claiming again starts them anew.

    Raises Conflict with the reason when it is not usable or claimed by another, Forbidden, Missing.
    """
    asset = _locked(session, asset_id)
    if not actor.is_person or not actor.may(*TAKERS):
        raise Forbidden("only clinical and technical staff can take an asset")
    own = is_claimed(asset, now) and asset.claimed_by == actor.person_id
    if not own:
        claimer = session.get(Person, asset.claimed_by) if asset.claimed_by else None
        answer = usable(asset, now, claimer.name if claimer else "", zone)
        if not answer.usable:
            raise Conflict(f"{asset.name}: {answer.why}")
    before = status_of(asset)
    asset.use, asset.claimed_by = "claimed", actor.person_id
    asset.claimed_until = now + timedelta(minutes=CLAIM_MINUTES)
    _changed(session, asset, before, "claim", actor.login, now)
    return asset


def release(session: Session, asset_id: int, actor: Principal, now: datetime) -> Asset:
    """Give a claim back before its time. Raises Conflict when there is none, Forbidden when it is another's."""
    asset = _locked(session, asset_id)
    if asset.use != "claimed":
        raise Conflict(f"{asset.name} is not claimed")
    if asset.claimed_by != actor.person_id and not actor.may("biomed"):
        raise Forbidden(f"{asset.name} is claimed by another; only they or biomed can release it")
    before = status_of(asset)
    _unclaim(asset, "idle")
    _changed(session, asset, before, "release", actor.login, now)
    return asset


def expire_claims(session: Session, now: datetime) -> int:
    """End the claims whose time is over; say how many. `usable` does not wait for this."""
    hold(session)
    over = session.scalars(select(Asset).where(Asset.use == "claimed", Asset.claimed_until <= now).with_for_update())
    count = 0
    for asset in over:
        before = status_of(asset)
        _unclaim(asset, "idle")
        _changed(session, asset, before, "claim_over", TELEMETRY.login, now)
        count += 1
    return count


def watch_claims(database: Database, clock: Clock, stop: threading.Event, every_s: float = 15.0) -> None:
    """End claims as their time comes, until `stop`. Takes the write lock only when there is one to end."""
    while not clock.wait(stop, every_s):
        now = clock.now()
        with database.read() as session:
            over = session.scalar(select(Asset.id).where(Asset.use == "claimed", Asset.claimed_until <= now).limit(1))
        if over is not None:
            with database.write() as session:
                expire_claims(session, now)


def set_status(
    session: Session, asset_id: int, changes: Mapping[str, str], actor: Principal, now: datetime, note: str = ""
) -> Asset:
    """Set parts of the status, all or none: `{"hygiene": "clean"}`. What is as asked already changes nothing.

    Raises Invalid for a word outside the vocabulary, Forbidden, Conflict, Missing.
    """
    for part, value in changes.items():
        if value not in _PARTS.get(part, ()):
            raise Invalid(f"{part} cannot be {value!r}; {_choices(part)}")
    asset = _locked(session, asset_id)
    before = status_of(asset)
    wanted = {part: value for part, value in changes.items() if before[part] != value}
    if not actor.is_person and wanted.get("use") == "idle" and is_claimed(asset, now):
        del wanted["use"]  # it only stands there, waiting for the one who claimed it
    if not wanted:
        return asset
    _check_lock(asset, wanted, actor, note)
    for part, value in wanted.items():
        _check(asset, part, value, actor, now)
    if before["use"] == "in_use" and "use" in wanted and before["hygiene"] == "clean" and "hygiene" not in changes:
        wanted["hygiene"] = "soiled"
    if "use" in wanted:
        _unclaim(asset, wanted["use"])
    for part, value in wanted.items():
        setattr(asset, part, value)
    _follow(asset, wanted, now)
    _changed(session, asset, before, "status", actor.login, now, note)
    return asset


def _follow(asset: Asset, wanted: Mapping[str, str], now: datetime) -> None:
    """What comes with a part: sequestering starts a clock and ends a claim; what is not borrowed is not sent back."""
    if "condition" in wanted:
        asset.sequestered = now if asset.condition == "sequestered" else None
        if asset.sequestered is not None and asset.use == "claimed":
            _unclaim(asset, "idle")
    if asset.holding not in BORROWED:
        asset.return_asked = None


def withdraw_report(session: Session, asset_id: int, actor: Principal, now: datetime) -> Asset:
    """Take back that it is broken: who reported it, within 15 minutes. Raises Conflict, Forbidden, Missing."""
    asset = _locked(session, asset_id)
    if asset.condition != "reported":
        raise Conflict(f"{asset.name} is not reported broken")
    said = select(Audit).where(Audit.object_kind == "asset", Audit.object_id == str(asset_id))
    lines = session.scalars(said.order_by(Audit.id.desc()).limit(50))
    report = next((line for line in lines if (line.after or {}).get("condition") == "reported"), None)
    if report is None or report.who != actor.login or now - report.at > timedelta(minutes=CLAIM_MINUTES):
        raise Forbidden(
            f"only who reported it, within {CLAIM_MINUTES} minutes, can take it back; biomed can put it in order"
        )
    before = status_of(asset)
    asset.condition = "ok"
    _changed(session, asset, before, "withdraw", actor.login, now)
    return asset


def ask_return(session: Session, asset_id: int, actor: Principal, now: datetime, *, wanted: bool = True) -> Asset:
    """Ask that a rented or borrowed asset is fetched, or, not `wanted`, take that back; nobody takes it meanwhile.

    Raises Conflict when it is the house's own, in use or claimed by another, Forbidden, Missing.
    """
    asset = _locked(session, asset_id)
    if not actor.is_person or not actor.may(*TAKERS):
        raise Forbidden("only clinical and technical staff can send a rental back")
    if asset.holding not in BORROWED:
        raise Conflict(f"{asset.name} is not rented or borrowed")
    if wanted == (asset.return_asked is not None):
        return asset
    if wanted and asset.condition == "sequestered":
        raise Conflict(f"{asset.name} is sequestered: it stays as it is until biomed lets it go")
    if wanted and asset.use == "in_use":
        raise Conflict(f"{asset.name} is in use")
    if wanted and is_claimed(asset, now) and asset.claimed_by != actor.person_id:
        raise Conflict(f"{asset.name} is claimed by another")
    before = status_of(asset)
    if wanted and asset.use == "claimed":
        _unclaim(asset, "idle")
    asset.return_asked = now if wanted else None
    _changed(session, asset, before, "return" if wanted else "keep", actor.login, now)
    return asset


def status_of(asset: Asset) -> dict[str, Any]:
    """The four parts and the claim, as the audit log keeps them."""
    until = asset.claimed_until
    return {
        "use": asset.use,
        "hygiene": asset.hygiene,
        "condition": asset.condition,
        "holding": asset.holding,
        "claimed_by": asset.claimed_by,
        "claimed_until": until.isoformat() if until else None,
        "sequestered": asset.sequestered.isoformat() if asset.sequestered else None,
        "return_asked": asset.return_asked.isoformat() if asset.return_asked else None,
    }


def _choices(part: str) -> str:
    words = _PARTS.get(part)
    return f"it is one of {', '.join(words)}" if words else f"a status has the parts {', '.join(_PARTS)}"


def _locked(session: Session, asset_id: int) -> Asset:
    """The asset, locked against others until the transaction ends (on SQLite the transaction itself is the lock)."""
    hold(session)
    asset = session.get(Asset, asset_id, with_for_update=True, populate_existing=True)
    if asset is None:
        raise Missing(f"there is no asset {asset_id}")
    return asset


def _unclaim(asset: Asset, use: str) -> None:
    asset.use, asset.claimed_by, asset.claimed_until = use, None, None


def _changed(
    session: Session, asset: Asset, before: dict[str, Any], action: str, who: str, now: datetime, note: str = ""
) -> None:
    asset.changed = now
    after = status_of(asset)
    names = [name for name in after if after[name] != before[name]]
    new = {name: after[name] for name in names} | ({"note": note} if note else {})
    record(session, now, who, action, ("asset", asset.id), {name: before[name] for name in names}, new)
    bump(session)


def _check_lock(asset: Asset, wanted: Mapping[str, str], actor: Principal, note: str) -> None:
    if asset.condition != "sequestered" or set(wanted) == {"holding"}:
        return
    if "condition" not in wanted:
        raise Conflict(f"{asset.name} is sequestered: it stays as it is until biomed lets it go")
    if not actor.is_person or not actor.may("biomed") or not note.strip():
        raise Forbidden(f"{asset.name} is sequestered; only biomed can let it go, with a note saying why")


def _check(asset: Asset, part: str, value: str, actor: Principal, now: datetime) -> None:
    if part == "use":
        _check_use(asset, value, actor, now)
    elif part == "hygiene":
        _check_hygiene(asset, value, actor)
    elif part == "condition":
        _check_condition(value, actor)
        if value == "reported" and asset.condition != "ok" and not actor.may("biomed"):
            raise Conflict(f"{asset.name} is {asset.condition.replace('_', ' ')} already")
    elif asset.holding == "retired" and "admin" not in actor.roles:
        raise Forbidden(f"{asset.name} is retired; only an admin can bring it back")
    elif not actor.is_person or (value != "missing" and not actor.may("biomed")):
        raise Forbidden(f"only biomed can set the holding {value}")


def _check_condition(value: str, actor: Principal) -> None:
    if not actor.is_person or (value not in ("reported", "sequestered") and not actor.may("biomed")):
        raise Forbidden(f"only biomed can set the condition {value}")
    if value == "sequestered" and not actor.may(*TAKERS):
        raise Forbidden("only clinical and technical staff can sequester an asset")


def _check_use(asset: Asset, value: str, actor: Principal, now: datetime) -> None:
    if value == "claimed":
        raise Invalid("an asset is claimed by a person, not set to claimed; use the claim")
    if actor.is_person and not actor.may(*USERS):
        raise Forbidden("only clinical staff and biomed can say whether an asset is in use")
    if actor.is_person and is_claimed(asset, now) and asset.claimed_by != actor.person_id and not actor.may("biomed"):
        raise Conflict(f"{asset.name} is claimed by another")


def _check_hygiene(asset: Asset, value: str, actor: Principal) -> None:
    if value == "soiled":
        return
    if not actor.is_person or not actor.may(*CLEANERS):
        raise Forbidden(f"only a person who cleans equipment can set it to {value}, by scanning it")
    if value == "clean" and asset.use == "in_use":
        raise Conflict(f"{asset.name} is in use; it can be clean only after that")
