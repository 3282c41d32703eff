import pytest

from asset_registry.assets import Asset
from asset_registry.audit import history
from asset_registry.bindings import Target
from asset_registry.errors import Conflict, Invalid, Missing
from asset_registry.register import (
    NewAsset,
    claim_device,
    describe_device,
    dismiss,
    ensure_device,
    find_device,
    set_gateway,
    unclaimed,
)


def ensure(hospital, native_id, **facts):
    with hospital.database.write() as session:
        return ensure_device(session, "linden", native_id, hospital.now(), facts)


def test_a_device_is_made_when_first_seen_and_only_then(hospital):
    first = ensure(hospital, "mqtt:air")
    hospital.clock.advance(60)
    again = ensure(hospital, "mqtt:air")
    assert (again.id, again.first_seen) == (first.id, first.first_seen)


def test_facts_fill_what_nobody_typed(hospital):
    device = ensure(hospital, "mqtt:air", name="air", firmware="1.0", interval_s="60", address="ignored")
    assert (device.name, device.firmware, device.interval_s) == ("air", "1.0", 60.0)
    with hospital.database.write() as session:
        describe_device(session, device.id, {"name": "Air sensor, window"}, "okafor", hospital.now())
    later = ensure(hospital, "mqtt:air", name="air", firmware="1.1", maker="", interval_s="soon")
    assert (later.name, later.firmware, later.interval_s) == ("Air sensor, window", "1.1", 60.0)
    with hospital.database.write() as session:
        describe_device(session, device.id, {"name": ""}, "okafor", hospital.now())
    assert ensure(hospital, "mqtt:air", name="air").name == "air", "an emptied field is the device's again"


@pytest.mark.parametrize("interval", ["-1", "0", "nan", "inf", "1e99", "soon", ""])
def test_an_interval_that_is_none_is_passed_over(hospital, interval):
    assert ensure(hospital, "mqtt:air", interval_s=interval).interval_s is None


def test_one_click_binds_to_an_asset_a_place_or_a_new_asset(hospital):
    tag = ensure(hospital, "ble:17", kind="tag").id
    air = ensure(hospital, "mqtt:air").id
    plug = ensure(hospital, "mqtt:plug", name="Plug 9", maker="Shelly", model="S").id
    with hospital.database.write() as session:
        assert [device.id for device in unclaimed(session, "linden", hospital.now())] == [plug, air, tag]
        assert claim_device(session, tag, Target(asset_id=hospital.pump), "okafor", hospital.now()).role == "tag"
        assert claim_device(session, air, Target(place_id=hospital.r407), "okafor", hospital.now()).role == "sensor"
        made = claim_device(session, plug, NewAsset("X-9", "smart plug"), "okafor", hospital.now())
        asset = session.get(Asset, made.asset_id)
        assert (made.role, asset.name, asset.maker) == ("self", "Plug 9", "Shelly")
        assert unclaimed(session, "linden", hospital.now()) == []
        assert history(session, "asset", asset.id)[0].after["from_device"] == "mqtt:plug"
    assert hospital.snapshot().unclaimed == []


def test_a_claim_that_cannot_be_is_refused_whole(hospital):
    air = ensure(hospital, "mqtt:air").id
    for target, error in (
        (NewAsset("P-117", "pump"), Conflict),
        (NewAsset(" ", "pump"), Invalid),
        (NewAsset("P-1", ""), Invalid),
        (NewAsset("P-1", "pump", home_id=999), Missing),
        (Target(asset_id=999), Missing),
    ):
        with pytest.raises(error), hospital.database.write() as session:
            claim_device(session, air, target, "okafor", hospital.now())
    with hospital.database.read() as session:
        assert len(unclaimed(session, "linden", hospital.now())) == 1


def test_a_dismissed_device_is_out_of_sight_until_it_is_put_back(hospital):
    phone = ensure(hospital, "ble:phone").id
    with hospital.database.write() as session:
        dismiss(session, phone, "okafor", hospital.now())
        assert unclaimed(session, "linden", hospital.now()) == []
        dismiss(session, phone, "okafor", hospital.now(), dismissed=False)
        assert len(unclaimed(session, "linden", hospital.now())) == 1


def test_a_gateway_is_not_unclaimed_and_can_be_moved(hospital):
    gateway = ensure(hospital, "mqtt:espresense/4-07").id
    with hospital.database.write() as session:
        set_gateway(session, gateway, hospital.r407, (2.0, 3.0), "okafor", hospital.now())
        set_gateway(session, gateway, hospital.r407, (2.0, 3.0), "okafor", hospital.now())
        set_gateway(session, gateway, hospital.r412, (12.0, 3.0), "okafor", hospital.now())
        assert unclaimed(session, "linden", hospital.now()) == []
        assert len(history(session, "device", gateway)) == 2
        with pytest.raises(Missing):
            set_gateway(session, gateway, 999, (0, 0), "okafor", hospital.now())
    assert hospital.snapshot().gateway("mqtt:espresense/4-07").place_id == hospital.r412


def test_describing_is_refused_for_what_is_not_a_fact(hospital):
    air = ensure(hospital, "mqtt:air").id
    with hospital.database.write() as session:
        with pytest.raises(Invalid, match="no native_id"):
            describe_device(session, air, {"native_id": "x"}, "okafor", hospital.now())
        with pytest.raises(Missing):
            describe_device(session, 999, {}, "okafor", hospital.now())
        assert find_device(session, "another site", "mqtt:air") is None
