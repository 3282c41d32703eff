"""What of the adverts is new: each measurement once, each hearing a sighting, what is only given along nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from hypothesis import given
from hypothesis import strategies as st

from collector.clock import ManualClock
from collector.counters import Counters
from collector.errors import BadFrame
from collector.reading import Announcement, Reading, Sighting
from drivers.codecs.ble_identities import Identities
from drivers.dialects import Dialect, DialectChoice, Dialects, open_dialects
from drivers.links.ble_adverts import Adverts, Heard
from drivers.links.ble_bluez import Radio
from drivers.links.ble_part import Part
from drivers.links.decoding import Decoding
from drivers.links.link import House

TAG = "CB:B8:33:4C:88:4F"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HEAD, TAIL = bytes.fromhex("0512FC5394C37C0004FFFC040CAC3642"), bytes.fromhex("CBB8334C884F")
ADAPTERS = ("01", "02")


class Ear:
    """An adapter as far as adverts know one."""

    def __init__(self, number):
        self.radio = Radio(f"hci{number}", f"00:1A:7D:DA:71:{number}", powered=True, discovering=True)
        self.part = Part(number, "", ManualClock())


class Air:
    """Adverts as bleak gives them: what BlueZ reported now is a new object, what it gives along is the one before."""

    def __init__(self, dialects=None, keys=None):
        clock = ManualClock(NOON)
        self.counters = Counters(clock)
        house = House(None, self.counters, clock, lambda *_: "")
        known = dialects or open_dialects([DialectChoice(kind=kind) for kind in ("ble.ruuvi", "ble.bthome")])
        self.decoding = Decoding("house", house)
        tree, identities = Dialects(known), Identities(keys or {})
        self.adverts = Adverts("house", tree, identities, self.decoding, self.counters, lambda *_: None)
        self.ears = {number: Ear(number) for number in ADAPTERS}
        self.properties = {}

    def hear(
        self, *, adapter="01", at=0.0, rssi=-60, address=TAG, manufacturer=None, service=None, kind="random", name=None
    ):
        """One advert; without data only what BlueZ has from before."""
        properties = self.properties.setdefault((adapter, address), {"AddressType": kind})
        if manufacturer is not None:
            properties["ManufacturerData"] = dict(manufacturer)
        if service is not None:
            properties["ServiceData"] = dict(service)
        advert = AdvertisementData(
            local_name=name,
            manufacturer_data=dict(properties.get("ManufacturerData", {})),
            service_data=dict(properties.get("ServiceData", {})),
            service_uuids=[],
            tx_power=None,
            rssi=rssi,
            platform_data=("/org/bluez", dict(properties)),
        )
        device = BLEDevice(address, None, None)
        heard = Heard(NOON + timedelta(seconds=at), self.ears[adapter], device, advert)
        return self.adverts.understand([heard], at)


def sps(hundredths):
    """Inkbird's sensor, whose company id is its temperature."""
    return {hundredths: bytes.fromhex("c71200c83d5606")}


def ruuvi(number):
    return {0x0499: HEAD + number.to_bytes(2) + TAIL}


def bthome(hundredths):
    """A temperature without a packet id."""
    return {"0000fcd2-0000-1000-8000-00805f9b34fb": b"\x40\x02" + hundredths.to_bytes(2, "little", signed=True)}


def of(kind, items, metric="temperature"):
    return [one for one in items if isinstance(one, kind) and (kind is Sighting or one.metric == metric)]


hearings = st.lists(st.tuples(st.sampled_from(ADAPTERS), st.integers(0, 3), st.booleans()), min_size=1, max_size=60)


@given(hearings)
def test_each_numbered_measurement_is_said_once_whoever_hears_it_and_each_hearing_is_a_sighting(events):
    air, number, measured, seen, said = Air(), 0, [], 0, []
    behind = dict.fromkeys(ADAPTERS, 0)
    for adapter, late, again in events:
        if again and behind[adapter]:
            items = air.hear(adapter=adapter)  # something else about the device has changed
            assert items == []
            continue
        number += 1
        behind[adapter] = max(behind[adapter], number - late, 1)  # it hears an older one, never older than its last
        items = air.hear(adapter=adapter, manufacturer=ruuvi(behind[adapter]))
        measured += [behind[adapter]] if behind[adapter] not in measured else []
        said += of(Reading, items)
        seen += 1
        [sighting] = of(Sighting, items)
        assert sighting.gateway[-2:] == adapter
    assert len(said) == len(measured)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 32).map(lambda quarters: quarters / 4)), min_size=1, max_size=60
    )
)
def test_equal_data_without_a_number_is_said_again_after_ten_seconds_only(events):
    air, now, last = Air(), 0.0, {}
    for value, pause in events:
        now += pause
        items = air.hear(at=now, service=bthome(2000 + value))
        expected = value not in last or now - last[value] >= 10
        assert bool(of(Reading, items)) == expected
        assert len(of(Sighting, items)) == 1
        if expected:
            last[value] = now


def test_an_rssi_that_was_reported_is_a_sighting_and_one_that_was_not_is_none():
    air = Air()
    air.hear(rssi=-60, manufacturer=ruuvi(1))
    assert air.hear(rssi=-60) == []
    assert [one.rssi_dbm for one in of(Sighting, air.hear(rssi=-63))] == [-63]
    assert air.hear(rssi=-127) == []  # a scan has ended: BlueZ takes the RSSI away
    assert of(Reading, air.hear(rssi=-127, manufacturer=ruuvi(2)))


def test_a_number_that_comes_again_after_minutes_is_another_message():
    air = Air()
    counts = [len(of(Reading, air.hear(at=at, manufacturer=ruuvi(7)))) for at in (0, 299, 301, 400)]
    assert counts == [1, 0, 1, 0]


def test_a_restarted_sensor_that_counts_from_the_beginning_is_heard_at_once():
    air = Air()
    warmer = {0x0499: HEAD[:1] + (24 * 200).to_bytes(2) + HEAD[3:] + (1).to_bytes(2) + TAIL}
    assert of(Reading, air.hear(manufacturer=ruuvi(1)))
    assert of(Reading, air.hear(manufacturer=warmer))


def test_an_address_resolved_by_its_key_is_the_identity_s():
    air = Air(keys={"cart-3": bytes.fromhex("ec0234a357c8ad05341010a60a397d9b")})
    items = air.hear(address="70:81:94:0D:FB:AA", manufacturer=ruuvi(1))
    assert {one.device for one in of(Reading, items)} == {"ble:cart-3"}
    assert [one.tag for one in of(Sighting, items)] == ["ble:cart-3"]


def test_a_public_address_is_a_tag_whatever_its_first_bits_are():
    items = Air().hear(address="00:A0:50:11:22:33", kind="public", manufacturer={0x1234: b"?"})
    assert [one.tag for one in of(Sighting, items)] == ["ble:00:A0:50:11:22:33"]


def test_data_on_which_a_decoder_fails_is_left_out_after_a_restart_and_the_rest_is_heard():
    class Broken:
        def decode(self, frame):
            if frame.payload == b"!":
                raise ZeroDivisionError
            return [frame.reading(frame.device, "temperature", 20.0)]

    air = Air([Dialect("ble.broken", ("manufacturer/1234",), Broken())])
    with pytest.raises(ZeroDivisionError):
        air.hear(manufacturer={0x1234: b"!"})
    air.decoding.recover()
    assert of(Reading, air.hear(rssi=-61, manufacturer={0x1234: b"!"})) == []
    assert of(Reading, air.hear(manufacturer={0x1234: b"."}))
    [record] = air.counters.inputs()[0].bad
    assert "left out" in record.why


def test_a_bad_frame_is_counted_once_for_as_long_as_it_is_a_repetition():
    class Picky:
        def decode(self, frame):
            raise BadFrame("no", 1)

    air = Air([Dialect("ble.picky", ("manufacturer/1234",), Picky())])
    for at in (0, 1, 11):
        air.hear(at=at, manufacturer={0x1234: b"?"})
    assert air.counters.inputs()[0].bad_frames == 2


def inkbird():
    return Air(open_dialects([DialectChoice(kind=kind) for kind in ("ble.inkbird", "ble.ibeacon")]))


def degrees(items):
    return [one.value for one in of(Reading, items)]


def test_a_temperature_in_the_company_id_is_that_of_the_entry_that_has_changed():
    """BlueZ gives the older ones along."""
    air = inkbird()
    assert degrees(air.hear(name="sps", manufacturer=sps(2044))) == [20.44]
    assert degrees(air.hear(at=20, name="sps", manufacturer=sps(2044) | sps(2050))) == [20.5]
    assert degrees(air.hear(at=40, name="sps", manufacturer=sps(2044) | sps(2050) | sps(2061))) == [20.61]


def test_which_of_several_is_now_is_unknown_at_the_start_and_when_none_has_changed():
    air = inkbird()
    assert degrees(air.hear(name="sps", manufacturer=sps(2044) | sps(2050))) == []
    assert degrees(air.hear(at=20, name="sps", manufacturer=sps(2050) | sps(2044))) == []
    assert degrees(air.hear(at=40, name="sps", manufacturer=sps(2044) | sps(2050) | sps(2052))) == [20.52]


def test_an_entry_that_is_somebody_elses_does_not_hide_the_temperature():
    apple = {0x004C: bytes.fromhex("0215") + bytes(20) + b"\xc5"}
    air = inkbird()
    for at in (0, 20):
        assert degrees(air.hear(at=at, name="sps", manufacturer=sps(2044) | apple)) == [20.44]


class Knowing:
    """Says facts about the device, and its temperature."""

    def __init__(self, temperature, **facts):
        self._temperature, self._facts = temperature, facts

    def decode(self, frame):
        return [
            Announcement(frame.device, self._facts, frame.received),
            frame.reading(frame.device, "temperature", self._temperature),
        ]


def test_one_quantity_of_one_advertisement_is_said_once_and_facts_of_two_parts_are_announced_together_once():
    air = Air(
        [
            Dialect("ble.one", ("manufacturer/1234",), Knowing(20.0, maker="Acme", model="A")),
            Dialect("ble.two", ("manufacturer/5678",), Knowing(21.0, firmware="2", model="B")),
        ]
    )
    both = {0x1234: b"?", 0x5678: b"!"}
    heard = [air.hear(at=at, manufacturer=both) for at in (0, 20, 40)]
    assert [degrees(items) for items in heard] == [[20.0]] * 3
    announced = [[one.facts for one in items if isinstance(one, Announcement)] for items in heard]
    assert announced[0][-1] == {"maker": "Acme", "model": "B", "firmware": "2"}
    assert announced[1:] == [[], []]


def test_devices_that_were_not_heard_for_long_are_forgotten(monkeypatch):
    monkeypatch.setattr("drivers.links.ble_adverts._GENERATION", 100)
    air = Air()
    for number in range(1000):
        air.hear(address=f"C0:00:00:00:{number >> 8:02X}:{number & 255:02X}", manufacturer=ruuvi(1))
        air.hear(at=number, manufacturer=ruuvi(number))
    adverts = air.adverts
    assert len(adverts._young) + len(adverts._old) <= 200
    assert air.hear(at=1000, manufacturer=ruuvi(999), rssi=-61)[0].tag == f"ble:{TAG}"
