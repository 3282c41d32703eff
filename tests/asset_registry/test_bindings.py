import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from asset_registry.audit import history
from asset_registry.bindings import Binding, Target, bind, unbind
from asset_registry.errors import Conflict, Invalid, Missing


def bound(hospital, device, target, role="tag", **times):
    with hospital.database.write() as session:
        return bind(session, device, target, role, "okafor", hospital.now(), **times)


def test_moving_a_tag_to_another_pump_closes_the_old_binding(hospital):
    tag, other = hospital.device("ble:17"), hospital.asset("P-204")
    first = bound(hospital, tag, Target(asset_id=hospital.pump))
    tuesday = hospital.clock.advance(86400)
    bound(hospital, tag, Target(asset_id=other))
    snapshot = hospital.snapshot()
    assert [(b.asset_id, b.until) for b in snapshot.bindings_of("ble:17")] == [(other, None), (hospital.pump, tuesday)]
    with hospital.database.read() as session:
        actions = [line.action for line in history(session, "device", tag)]
    assert actions == ["bind", "unbind", "bind"]
    assert first.role == "tag"


def test_binding_again_what_is_bound_changes_nothing(hospital):
    tag = hospital.device("ble:17")
    first = bound(hospital, tag, Target(asset_id=hospital.pump))
    assert bound(hospital, tag, Target(asset_id=hospital.pump)).id == first.id


def test_a_tag_may_also_be_a_sensor_of_what_it_is_on(hospital):
    tag = hospital.device("ble:17")
    bound(hospital, tag, Target(asset_id=hospital.fridge))
    bound(hospital, tag, Target(asset_id=hospital.fridge), "sensor")
    assert len([b for b in hospital.snapshot().bindings_of("ble:17") if b.until is None]) == 2


def test_a_binding_of_the_past_ends_where_the_next_one_starts(hospital):
    tag, other = hospital.device("ble:17"), hospital.asset("P-204")
    bound(hospital, tag, Target(asset_id=hospital.pump))
    last_week = hospital.now() - timedelta(days=7)
    past = bound(hospital, tag, Target(asset_id=other), since=last_week)
    assert past.until == hospital.now()
    with pytest.raises(Conflict, match="starts before"):
        bound(
            hospital,
            tag,
            Target(asset_id=other),
            since=last_week - timedelta(days=1),
            until=hospital.now() + timedelta(days=1),
        )


def test_unbinding_ends_it_once(hospital):
    tag = hospital.device("ble:17")
    binding = bound(hospital, tag, Target(asset_id=hospital.pump))
    hospital.clock.advance(60)
    with hospital.database.write() as session:
        assert unbind(session, binding.id, "okafor", hospital.now()).until == hospital.now()
        with pytest.raises(Conflict, match="ended already"):
            unbind(session, binding.id, "okafor", hospital.now())
        with pytest.raises(Missing):
            unbind(session, 999, "okafor", hospital.now())
    assert [device.native_id for device in hospital.snapshot().unclaimed] == ["ble:17"]


def test_nonsense_is_refused(hospital):
    tag = hospital.device("ble:17")
    for target, role, error in (
        (Target(), "tag", Invalid),
        (Target(asset_id=1, place_id=1), "tag", Invalid),
        (Target(place_id=hospital.r407), "tag", Invalid),
        (Target(asset_id=hospital.pump), "hat", Invalid),
        (Target(asset_id=999), "tag", Missing),
        (Target(place_id=999), "sensor", Missing),
    ):
        with pytest.raises(error):
            bound(hospital, tag, target, role)
    with pytest.raises(Missing):
        bound(hospital, 999, Target(asset_id=hospital.pump))
    with pytest.raises(Invalid, match="ends after"):
        bound(hospital, tag, Target(asset_id=hospital.pump), until=hospital.now())


requests = st.lists(
    st.tuples(
        st.sampled_from(["self", "tag", "sensor"]),
        st.booleans(),
        st.integers(0, 20),
        st.none() | st.integers(1, 20),
    ),
    max_size=8,
)


@given(requests)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_two_voices_and_no_two_sensors_ever_overlap(hospital, requests):
    tag = hospital.device(f"ble:{hospital.clock.advance(1).timestamp()}")
    other = hospital.fridge
    for role, first, start, length in requests:
        since = hospital.now() + timedelta(days=start)
        until = since + timedelta(days=length) if length else None
        try:
            bound(hospital, tag, Target(asset_id=hospital.pump if first else other), role, since=since, until=until)
        except Conflict:
            continue
    with hospital.database.read() as session:
        rows = session.scalars(select(Binding).where(Binding.device_id == tag).order_by(Binding.since)).all()
    for kind in (("self", "tag"), ("sensor",)):
        lasting = [b for b in rows if b.role in kind and (b.until is None or b.until > b.since)]
        for earlier, later in itertools.pairwise(lasting):
            assert earlier.until is not None
            assert earlier.until <= later.since
