"""People and devices that change the registry at the same moment: as if one after the other, on both databases."""

import threading
from collections import Counter
from contextlib import suppress

from asset_registry.consumer import RegistryConsumer
from asset_registry.errors import Conflict
from asset_registry.imports import import_csv
from asset_registry.people import create_person, has_admin, principal_of, set_roles
from asset_registry.register import describe_device, find_device
from collector.reading import Announcement
from tests.databases import at_once


def both_are_here(together):
    """Before either commits, if nothing keeps the other from coming so far."""
    with suppress(threading.BrokenBarrierError):
        together.wait(0.5)


def test_two_administrators_who_resign_leave_one(hospital):
    with hospital.database.write() as session:
        other = principal_of(create_person(session, "second", "Second", ["admin"], "root", hospital.now()))

    def resign(person):
        with hospital.database.write() as session:
            set_roles(session, person.person_id, ["clinician"], person.login, hospital.now())
            both_are_here(together)

    together = threading.Barrier(2)
    said = at_once(lambda: resign(hospital.admin), lambda: resign(other))
    assert Counter(map(type, said)) == {type(None): 1, Conflict: 1}
    with hospital.database.read() as session:
        assert has_admin(session)


def test_a_login_is_given_once(hospital):
    def hire():
        with hospital.database.write() as session:
            create_person(session, "new", "New", ["clinician"], "root", hospital.now())
            both_are_here(together)

    together = threading.Barrier(2)
    assert Counter(map(type, at_once(hire, hire))) == {type(None): 1, Conflict: 1}


def test_devices_that_speak_while_a_file_comes_in_and_a_person_types_wait_for_each_other(hospital):
    names = [f"mqtt:{number}" for number in range(20)]
    consumer = RegistryConsumer(hospital.database, "linden", hospital.clock)
    devices = [hospital.device(name) for name in names]

    def speak():
        for turn in range(5):
            consumer.consume([Announcement(name, {"firmware": str(turn)}, hospital.now()) for name in names], turn + 1)

    def bring():
        for turn in range(5):
            file = "native_id,name\n" + "".join(f"{name},name {turn}\n" for name in names)
            with hospital.database.write() as session:
                import_csv(session, "devices", file, site="linden", who="x", now=hospital.now())

    def type_():
        for turn in range(5):
            for device in reversed(devices):
                with hospital.database.write() as session:
                    describe_device(session, device, {"model": f"model {turn}"}, "okafor", hospital.now())

    assert at_once(speak, bring, type_) == [None] * 3
    with hospital.database.read() as session:
        found = [find_device(session, "linden", name) for name in names]
    assert {(one.firmware, one.name, one.model) for one in found} == {("4", "name 4", "model 4")}
