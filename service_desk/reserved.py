"""What only a person may close: the cold chain, isolation and protective rooms, medical gas."""

from sqlalchemy.orm import Session

from asset_registry.assets import Asset
from asset_registry.places import Place
from collector.metrics import family_of
from service_desk.ports import IncidentNews

FAMILIES = {"cold_chain": "this is the cold chain", "medical_gas": "this is medical gas"}
CATEGORIES = ("vaccine fridge", "vaccine freezer", "blood fridge", "plasma freezer")
ROOM_TYPES = ("aii_room", "aii_anteroom", "pe_anteroom", "protective_environment_room")


def reserved(session: Session, incident: IncidentNews) -> str:
    """Why only a person may close the incident's ticket: "this is the cold chain"; "" when it may close itself."""
    for alarm in incident.alarms:
        if why := FAMILIES.get(family_of(alarm.metric)):
            return why
    asset = session.get(Asset, incident.asset_id) if incident.asset_id else None
    if asset is not None:
        return f"it is a {asset.category}" if asset.category in CATEGORIES else ""
    place = session.get(Place, incident.place_id) if incident.place_id else None
    return "this is isolation" if place and place.room_type in ROOM_TYPES else ""
