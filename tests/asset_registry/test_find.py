import time
from datetime import timedelta

import pytest
from sqlalchemy import insert

from asset_registry.assets import Asset
from asset_registry.audit import bump
from asset_registry.bindings import Binding, Device, Target, bind
from asset_registry.find import battery_of, find_assets
from asset_registry.places import Place
from asset_registry.snapshot import SnapshotSource
from asset_registry.status import claim_asset
from collector.latest import Latest
from collector.reading import Reading


class Ward:
    def __init__(self, hospital):
        self.hospital = hospital
        self.latest = Latest()

    def pump(self, number, room=None, confidence=0.95, age_s=5.0, **fields):
        asset = self.hospital.asset(number, **{"name": f"Pump {number[2:]}", **fields})
        tag = self.hospital.device(f"ble:{number}", kind="tag")
        with self.hospital.database.write() as session:
            bind(session, tag, Target(asset_id=asset), "tag", "test", self.hospital.now())
        if room is not None:
            self.say(f"ble:{number}", "room", str(room), age_s)
            self.say(f"ble:{number}", "fix_confidence", confidence, min(age_s, 5.0))
        return asset

    def say(self, device, metric, value, age_s=5.0):
        at = self.hospital.now() - timedelta(seconds=age_s)
        self.latest.update([Reading(device, metric, value, at, at, "wardkeeper")])

    def find(self, text, near=None):
        near = self.hospital.r412 if near is None else near
        return find_assets(self.hospital.snapshot(), self.latest, text, near, self.hospital.now())


@pytest.fixture
def ward(hospital):
    with hospital.database.write() as session:
        session.get(Asset, hospital.pump).holding = "retired"
    return Ward(hospital)


def names(hits):
    return [hit.asset.number for hit in hits]


def test_the_nearest_usable_pump_comes_first_with_all_there_is_to_know(ward, hospital):
    ward.pump("P-131", hospital.r419, 0.8, age_s=40)
    near = ward.pump("P-204", hospital.r407, age_s=12)
    voice = hospital.device("serial:204")
    with hospital.database.write() as session:
        bind(session, voice, Target(asset_id=near), "self", "test", hospital.now())
    ward.say("serial:204", "battery", 96.0)
    ward.say("ble:P-204", "battery", 11.0)
    first, second = ward.find("pump").usable
    assert (first.asset.number, first.room.number, first.distance_m, first.word) == ("P-204", "4.07", 10.0, "sure")
    assert first.seen == hospital.now() - timedelta(seconds=12)
    assert battery_of(hospital.snapshot(), ward.latest, first.asset) == 96.0, "of the pump, not of its tag"
    assert (second.asset.number, second.word, second.distance_m) == ("P-131", "likely", 20.0)


def test_a_doubtful_one_stands_apart_and_says_why(ward, hospital):
    ward.pump("P-1", hospital.r407, confidence=0.5)
    ward.pump("P-2", hospital.r407, hygiene="unknown")
    ward.pump("P-3")
    ward.pump("P-4", hospital.r407, age_s=1000)
    result = ward.find("pump")
    assert result.usable == []
    assert {hit.asset.number: hit.why for hit in result.doubtful} == {
        "P-1": "Perhaps not there",
        "P-2": "Not known to be clean",
        "P-3": "Never located",
        "P-4": "Not heard any more",
    }
    assert names(result.doubtful)[-2:] == ["P-3", "P-4"], "what cannot be reached comes last"


def test_what_cannot_be_used_says_why(ward, hospital):
    ward.pump("P-1", hospital.r407, hygiene="soiled")
    claimed = ward.pump("P-2", hospital.r407)
    with hospital.database.write() as session:
        claim_asset(session, claimed, hospital.nurse, hospital.now())
    result = ward.find("pump")
    assert {hit.asset.number: hit.why for hit in result.not_usable} == {
        "P-1": "Soiled",
        "P-2": "Claimed by Lind to 06:57",
    }


def test_another_level_is_farther_than_the_end_of_the_ward(ward, hospital):
    ward.pump("P-1", hospital.r501)
    ward.pump("P-2", hospital.r419)
    assert [(hit.asset.number, hit.distance_m) for hit in ward.find("pump").usable] == [("P-2", 20), ("P-1", 30)]


@pytest.mark.parametrize(
    "text",
    [
        "pump",
        "Pumps",
        "infusion pump",
        "PERFUSOR pump",
        "P-204",
        "204",
        "braun",
        "Space",
        "SN-9",
        "ble:P-204",
        "icu pump",
        "HAM-2231",
    ],
)
def test_it_is_found_by_whatever_one_calls_it(ward, hospital, text):
    ward.pump(
        "P-204",
        hospital.r407,
        category="syringe pump",
        maker="B. Braun",
        model="Perfusor Space",
        serial="SN-9",
        custom={"inventory": "HAM-2231", "channels": 3},
        department="ICU",
    )
    hospital.asset("X-1", name="Wheelchair 1", category="wheelchair")
    assert names(ward.find(text).usable) == ["P-204"]


@pytest.mark.parametrize("text", ["", "  ", "ventilator", "pump ventilator", "04", "%", "'; drop table"])
def test_what_is_not_there_is_not_found(ward, hospital, text):
    ward.pump("P-204", hospital.r407)
    assert len(ward.find(text)) == 0


def test_what_stays_put_is_at_its_home_and_the_retired_only_by_number(ward, hospital):
    (fridge,) = ward.find("fridge").doubtful
    assert (fridge.room.number, fridge.word, fridge.seen, fridge.why) == ("4.12", "sure", None, "Not known to be clean")
    assert names(ward.find("P-117").not_usable) == ["P-117"]
    assert "P-117" not in names(ward.find("pump").not_usable)


def test_what_stays_at_a_bed_is_in_the_room_of_the_bed(ward, hospital):
    with hospital.database.write() as session:
        bed = Place(kind="bed", number="1", parent_id=hospital.r407)
        session.add(bed)
        session.flush()
        home = bed.id
    hospital.asset("BO-1", name="Bedside oximeter", category="pulse oximeter", mobile=False, home_id=home)
    (found,) = ward.find("bedside").usable
    assert found.room.number == "4.07"


def test_without_a_place_to_start_from_there_is_no_distance(ward, hospital):
    ward.pump("P-1", hospital.r407)
    result = find_assets(hospital.snapshot(), ward.latest, "pump", None, hospital.now())
    assert [hit.distance_m for hit in result.usable] == [None]


def test_a_thousand_assets_take_less_than_20_ms(ward, hospital):
    now, numbers = hospital.now(), range(1000)
    common = {"created": now, "changed": now, "category": "infusion pump", "hygiene": "clean"}
    with hospital.database.write() as session:
        session.execute(
            insert(Asset), [{"id": 100 + n, "number": f"Q-{n}", "name": f"Pump {n}", **common} for n in numbers]
        )
        session.execute(
            insert(Device),
            [{"id": 100 + n, "site": "linden", "native_id": f"ble:{n}", "first_seen": now} for n in numbers],
        )
        session.execute(
            insert(Binding),
            [{"device_id": 100 + n, "asset_id": 100 + n, "role": "tag", "since": now} for n in numbers],
        )
    for number in numbers:
        ward.say(f"ble:{number}", "room", str(hospital.r407))
        ward.say(f"ble:{number}", "fix_confidence", 0.9)
    snapshot = hospital.snapshot()

    def search():
        start = time.thread_time()
        assert len(find_assets(snapshot, ward.latest, "pump", hospital.r412, now)) == 1000
        return time.thread_time() - start

    assert min(search() for _ in range(5)) < 0.02


def test_a_scanned_label_finds_the_piece_or_else_its_model(ward, hospital):
    ward.pump("P-1", hospital.r407, udi_di="10884521062856", serial="1234")
    ward.pump("P-2", hospital.r419, udi_di="10884521062856", udi_pi="(21)9999(10)LOT")
    ward.pump("P-3", hospital.r419, udi_di="51022222233336", serial="1234")

    def found(label):
        result = ward.find(label)
        return sorted(names([*result.usable, *result.doubtful, *result.not_usable]))

    assert found("(01)10884521062856(21)1234") == ["P-1"]
    assert found("]d20110884521062856219999") == ["P-2"]
    assert found("(01)10884521062856(21)999") == ["P-1", "P-2"], "the beginning of another's number is no number"
    assert found("(01)10884521062856(10)LOT") == ["P-2"]
    assert found("(01)51022222233336") == ["P-3"]
    assert found("(01)51022222233337") == [], "its check digit is wrong"


# ---------------------------------------------------------------- what one may type


@pytest.fixture
def three(ward, hospital):
    """Two pumps and a ventilator, in 4.07 and 4.19."""
    ward.pump("P-1", hospital.r407, maker="Nordkyl", serial="SN-88", udi_di="04012345678901")
    ward.pump("P-2", hospital.r419, hygiene="soiled")
    ward.pump("V-1", hospital.r407, name="Ventilator 1", category="ventilator")
    return ward


def found(result):
    return sorted(names(result.usable) + names(result.doubtful) + names(result.not_usable))


def test_every_word_in_any_order_names_it(three):
    expected = {
        "nordkyl infusion": ["P-1"],
        "infusion NORDKYL": ["P-1"],
        "sn-88": ["P-1"],
        "04012345678901": ["P-1"],
        "ble:P-2": ["P-2"],
        "soiled pump": ["P-2"],
        "pump 4.07": ["P-1"],
        "4.07": ["P-1", "V-1"],
        "4.1": ["F-07", "P-2"],  # the fridge stays in 4.12
        "v-1": ["V-1"],
        "usable": ["F-07", "P-1", "V-1"],
        "usable pump": ["P-1"],
        "pump giraffe": [],
        "P-3": [],
    }
    assert {text: found(three.find(text)) for text in expected} == expected


def test_a_typing_mistake_is_understood_and_said(three):
    result = three.find("ventilater 4.07")
    assert (found(result), result.meant) == (["V-1"], {"ventilater": "ventilator"})
    assert three.find("pump").meant == {}


def test_a_change_of_one_asset_is_found_by_the_next_snapshot(three, hospital):
    source = SnapshotSource(hospital.database, "linden", hospital.clock)
    source.refresh()
    first = source.current
    assert first.vocabulary.named("orange") == set()
    with hospital.database.write() as session:
        session.get(Asset, hospital.fridge).name = "Orange fridge"
        bump(session)
    source.refresh()
    assert source.current.vocabulary.named("orange") == {hospital.fridge}
    assert source.current.walks is first.walks, "no place has changed"
    assert first.vocabulary.named("orange") == set()
