"""Cold stores: the worst first, a log, and signatures."""

import csv
from datetime import date

import pytest
from sqlalchemy import select

from asset_registry.audit import bump
from asset_registry.bindings import Binding, Device
from asset_registry.cold_chain.judging import Probe
from asset_registry.cold_chain.records import Setup, set_probe, set_up
from asset_registry.people import Person, principal_of
from tests.dashboards.conftest import PASSWORD, SITE

PROBE = "ble:F4:7C:8D:6A:11:07"


@pytest.fixture
def fridge(hospital):
    """F-07 keeps vaccines; its probe is certified and speaks."""
    asset_id, now = hospital.assets["F-07"], hospital.clock.now()
    with hospital.database.write() as session:
        device = Device(
            site=SITE, native_id=PROBE, name="Probe 07", kind="cold probe", first_seen=now, interval_s=300.0
        )
        session.add(device)
        session.flush()
        session.add(
            Binding(device_id=device.id, asset_id=asset_id, role="sensor", since=device.first_seen.replace(year=2025))
        )
        bump(session)
    hospital.snapshots.refresh()
    return asset_id


@pytest.fixture
def kept(hospital, fridge):
    with hospital.database.write() as session:
        person = principal_of(session.scalar(select(Person).where(Person.login == "admin")))
        then = hospital.clock.now().replace(day=20)
        set_up(session, fridge, Setup("vaccines"), person, then)
        set_probe(session, fridge, Probe(True, 0.5, "DAkkS 4711", date(2027, 3, 1)), person, then)
    return fridge


def measured(hospital, *values):
    """A reading every five minutes, the last one just now."""
    ago = range(300 * (len(values) - 1), -1, -300)
    hospital.hear(*(hospital.reading(PROBE, "probe_temperature", v, s) for v, s in zip(values, ago, strict=True)))


def posted(client, path, **fields):
    return client.post(path, data={"csrf": client.csrf, "password": PASSWORD, **fields})


def test_a_probe_that_nobody_set_up_is_found_and_set_up_by_signature(signed_in, hospital, fridge):
    measured(hospital, 4.5)
    pharmacist = signed_in("pharmacy_lab")
    page = pharmacist.get("/cold").text
    assert "nobody said what they keep" in page
    assert "Fridge F-07" in page
    assert posted(pharmacist, f"/cold/{fridge}/setup", product="vaccines", password="guess").status_code == 422
    assert posted(pharmacist, f"/cold/{fridge}/setup", product="ice cream").status_code == 422
    assert posted(pharmacist, f"/cold/{fridge}/setup", product="vaccines").status_code == 303
    page = pharmacist.get(f"/cold/{fridge}").text
    assert "Pharmacy_Lab Person responsible for what is kept" in page
    assert "Its probe is not known to be buffered." in page


def test_the_worst_stands_first_and_says_since_when(signed_in, program, hospital, kept):
    measured(hospital, 4.5, 8.6, 9.2)
    page = signed_in("clinician").get("/cold").text.replace("\u00a0", " ")
    assert "One cold store out of range" in page
    assert "Fridge F-07 is too warm: 9.2 °C, normal 2–8, for 5 min" in page
    (said,) = program("clinician").get("/api/v1/cold_stores").json()["items"]
    assert (said["state"], said["value"], said["doubts"], said["review_due"]) == ("out", 9.2, [], True)
    (one,) = program("clinician").get(f"/api/v1/cold_stores/{kept}").json()["excursions"]
    assert (one["end"], one["highest"], one["lasted_s"]) == (None, 9.2, 300)


def test_a_review_is_signed_with_what_was_seen(signed_in, hospital, kept):
    measured(hospital, 3.5, 4.0, 6.5)
    pharmacist = signed_in("pharmacy_lab")
    assert "due this morning" in pharmacist.get(f"/cold/{kept}").text
    assert posted(pharmacist, f"/cold/{kept}/review", note="ice at the back").status_code == 303
    page = pharmacist.get(f"/cold/{kept}").text.replace("\u00a0", " ")
    assert "reviewed the lowest and the highest temperature: 3.5 °C to 6.5 °C" in page
    assert "ice at the back" in page
    assert "signed this half day" in page
    assert posted(signed_in("facilities"), f"/cold/{kept}/review").status_code == 403


def test_quarantine_label_decision_and_report(signed_in, hospital, kept):
    measured(hospital, 4.5, 9.4, 10.1, 5.0)
    nurse, pharmacist = signed_in("clinician"), signed_in("pharmacy_lab")
    assert nurse.get(f"/cold/{kept}/label").status_code == 404
    posted(nurse, f"/cold/{kept}/quarantine", reason="door stood open")
    label = nurse.get(f"/cold/{kept}/label").text
    assert "Do not use. Do not discard." in label
    assert "door stood open" in label
    page = pharmacist.get(f"/cold/{kept}").text
    begun = page.split('<option value="2026')[1].split('"')[0]
    decided = posted(
        pharmacist, f"/cold/{kept}/decide", decision="released", start=f"2026{begun}", reason="maker: 48 h at 25"
    )
    assert decided.status_code == 303, decided.text
    assert posted(pharmacist, f"/cold/{kept}/decide", decision="released", start="x", reason="y").status_code == 422
    rows = list(csv.DictReader(nurse.get(f"/cold/{kept}/excursions.csv?days=1").text.splitlines()))
    (one,) = [row for row in rows if row["what"] == "excursion"]
    assert (one["lowest"], one["highest"], one["lasted_s"], one["probe"]) == ("9.4", "10.1", "600", "GOOD")
    assert (one["decision"], one["reason"]) == ("released", "maker: 48 h at 25")
    assert "In quarantine" not in pharmacist.get(f"/cold/{kept}").text


def test_an_expired_certificate_makes_every_figure_uncertain(signed_in, hospital, kept):
    measured(hospital, 4.5)
    biomed = signed_in("biomed")
    posted(
        biomed, f"/cold/{kept}/probe", buffered="true", accuracy_c="0,5", certificate="old", valid_until="2026-01-31"
    )
    page = biomed.get("/cold").text.replace("\u00a0", " ")
    assert "0 of one cold store in range, 1 uncertain" in page
    assert "4.5 °C, uncertain: the certificate of its probe expired on 31 Jan 2026" in page


def test_nothing_is_set_up(signed_in):
    assert "No cold store is set up" in signed_in("auditor").get("/cold").text
    assert signed_in("auditor").get("/cold/1").status_code == 404


def test_cold_stores_are_good_to_look_at(page, server, hospital, kept, good_to_look_at):
    measured(hospital, 4.5, 8.6, 9.2, 4.0, 9.0)
    server.enter(page, "pharmacy_lab")
    good_to_look_at(page, f"{server.url}/cold")
    good_to_look_at(page, f"{server.url}/cold/{kept}")
