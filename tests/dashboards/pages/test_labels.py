"""Labels: what their codes say, read back by a reader of codes; how they lie on the sheet."""

import re

import numpy as np
import pytest

from asset_registry.assets import Asset
from asset_registry.audit import bump
from dashboards.labels import elements_of, label_of


@pytest.fixture
def pump(hospital):
    with hospital.database.write() as session:
        row = session.get(Asset, hospital.assets["P-117"])
        row.udi_di, row.udi_pi, row.serial = "04046963000004", "(10)L7(21)117-A", "117-A"
        bump(session)
    hospital.snapshots.refresh()
    return hospital.snapshots.current.assets[hospital.assets["P-117"]]


def picture(code):
    """The symbol as a printer prints it: dark is 0."""
    paper = np.full((code.side, code.side), 255, np.uint8)
    for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)", code.path):
        paper[int(y), int(x) : int(x) + int(run)] = 0
    return paper.repeat(6, 0).repeat(6, 1)


def test_a_reader_reads_both_codes(pump):
    zxing = pytest.importorskip("zxingcpp", reason="no reader of codes is installed")
    label = label_of(pump, "https://wardkeeper.example")
    (qr,) = zxing.read_barcodes(picture(label.qr))
    (matrix,) = zxing.read_barcodes(picture(label.matrix))
    assert qr.text == f"https://wardkeeper.example/a/{pump.id}"
    assert (matrix.text, matrix.symbology_identifier) == (label.words, "]d2")
    assert label.words == "(01)04046963000004(10)L7(21)117-A"


def test_the_elements_are_those_of_its_udi(pump):
    assert elements_of(pump) == [("01", "04046963000004"), ("10", "L7"), ("21", "117-A")]


def test_without_a_gs1_udi_there_is_no_matrix(hospital):
    label = label_of(hospital.snapshots.current.assets[hospital.assets["F-07"]], "https://wardkeeper.example")
    assert (label.matrix, label.words) == (None, "")


def test_labels_begin_where_the_sheet_is_not_used_up(signed_in, pump):
    page = signed_in("biomed").get(f"/labels?id={pump.id}&layout=l7651&skip=3").text
    assert len(re.findall('class="tag void"', page)) == 3
    assert "only this computer knows" not in page, "the test's own address is a name"
    assert (
        "which only this computer"
        in signed_in("biomed").get(f"/labels?id={pump.id}&address=http://localhost:8080").text
    )


@pytest.mark.parametrize("asked", ["layout=a0", "address=javascript:alert(1)"])
def test_no_such_sheet_and_no_such_address(signed_in, asked):
    assert signed_in("biomed").get(f"/labels?{asked}").status_code in (404, 422)


@pytest.mark.long
def test_the_sheet_is_good_to_look_at(page, server, pump, good_to_look_at):
    server.enter(page, "biomed")
    good_to_look_at(page, f"{server.url}/labels?id={pump.id}&layout=roll50")
