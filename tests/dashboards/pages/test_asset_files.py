"""Files at an asset are handed back, never opened; an admin defines fields."""

import pytest

from tests.dashboards.conftest import seen

MANUAL = b"%PDF-1.7\nhow to"


@pytest.fixture
def pump(hospital, tmp_path):
    hospital.context.folder = tmp_path
    return f"/assets/{hospital.assets['P-117']}"


def add(browser, pump, name, content):
    return browser.post(f"{pump}/files", data={"csrf": browser.csrf}, files={"file": (name, content)})


def test_a_file_is_added_saved_and_removed(signed_in, pump):
    nurse = signed_in("clinician")
    assert add(nurse, pump, "Gebrauch \u00fc.pdf", MANUAL).status_code == 303
    page = nurse.get(pump).text
    href = page.partition(f'href="{pump}/files/')[2].partition('"')[0]
    answer = nurse.get(f"{pump}/files/{href}")
    assert (answer.content, answer.headers["content-type"]) == (MANUAL, "application/pdf")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''Gebrauch%20%C3%BC.pdf"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["x-content-type-options"] == "nosniff"
    nurse.post(f"{pump}/files/{href}/remove", data={"csrf": nurse.csrf})
    assert nurse.get(f"{pump}/files/{href}").status_code == 404


def test_what_could_run_is_refused_and_who_only_reads_adds_nothing(signed_in, pump):
    assert add(signed_in("clinician"), pump, "x.svg", b"<svg onload=alert(1)>").status_code == 422
    assert add(signed_in("auditor"), pump, "x.pdf", MANUAL).status_code == 403


def test_an_admin_defines_a_field_that_the_form_then_has(signed_in, pump, hospital):
    admin = signed_in("admin")
    field = {"csrf": admin.csrf, "name": "gas", "label": "Gas", "kind": "one_of", "choices": "O2\nAir"}
    assert admin.post("/fields", data=field).status_code == 303
    browser, asset = signed_in("biomed"), hospital.assets["P-117"]
    assert "<option>Air</option>" in browser.get(f"/edit?id={asset}").text
    browser.post("/edit", data={"csrf": browser.csrf, "id": asset, "f.custom.gas": "Air"})
    assert "<dt>Gas</dt><dd>Air</dd>" in browser.get(pump).text
    admin.post("/fields/1/retire", data={"csrf": admin.csrf})
    assert "Gas" not in seen(browser.get(f"/edit?id={asset}").text)
