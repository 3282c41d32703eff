"""UDI against the agencies' published examples. Two of them have wrong check characters: they are refused for that."""

import json
import re
from pathlib import Path

import pytest

from asset_registry.udi import BadUdi, check_digit, hibc_check, parse, parse_secondary

DATA = Path(__file__).parents[3] / "shared" / "data" / "udi"
NAMES = {"di": "di", "lot": "lot", "serial": "serial", "expiry": "expiry", "manufactured": "manufactured"}
NAMES |= {"donation_id": "donation", "lot_mpho": "lot", "di_fda": "di"}
PARTS_OF_THE_DI = {"lic", "pcn", "uom", "check"}


def rows(name):
    path = DATA / name
    if not path.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"needs the conformance data: {name}"))]
    return [pytest.param(json.loads(line), id=str(n)) for n, line in enumerate(path.read_text().splitlines(), 1)]


@pytest.mark.parametrize("row", rows("fda_udi_examples.jsonl"))
def test_an_example_of_the_fda(row):
    label, expected = row["hrf"], row["expect"]
    if expected.get("error"):
        with pytest.raises(BadUdi):
            parse(label)
        return
    right = label[-1] == hibc_check(label[:-1]) if row["agency"] == "HIBCC" else row.get("gtin_check_ok", True)
    if "note" in row:  # HIBCC's with a character too many at its end
        with pytest.raises(BadUdi):
            parse(label)
        label = label[:-1]
    elif not right:
        with pytest.raises(BadUdi, match="check"):
            parse(label)
    udi = parse(label, checked=right and "note" not in row)
    assert udi.agency == row["agency"].partition("-")[0]
    assert {name: getattr(udi, NAMES[name]) for name in expected if name in NAMES} == {
        name: value for name, value in expected.items() if name in NAMES
    }
    assert set(expected) <= set(NAMES) | PARTS_OF_THE_DI


@pytest.mark.parametrize("row", rows("hibcc_vectors.jsonl"))
def test_a_secondary_label_of_the_hibc_standard(row):
    udi, link = parse_secondary(row["input"])
    expected = dict(row["expect"])
    assert (link, row["input"][-1]) == (expected.pop("link"), expected.pop("check"))
    assert udi.quantity == expected.pop("qty", None)
    assert {name: getattr(udi, name) for name in ("lot", "serial", "expiry")} == {
        "lot": "",
        "serial": "",
        "expiry": "",
    } | expected


@pytest.mark.parametrize("row", rows("gs1_vectors.jsonl"))
def test_a_scan_of_the_gs1_syntax_engine(row):
    """It accepts whatever a scanner may send; here it must be a UDI too, so what has no (01) is refused."""
    if row["kind"] == "scan_data":
        with pytest.raises(BadUdi):
            parse(row["scan"].replace("^", "\x1d"))
        return
    label = row["input"] if row["kind"] == "ai_syntax" else row["scan"].replace("^", "\x1d")
    of_a_model = re.search(r"(?:^\(01\)|/01/|^\]C101)(\d{14})|^\]E4(\d{8})", label)
    if not row["ok"] or of_a_model is None:
        with pytest.raises(BadUdi):
            parse(label)
        return
    gtin = (of_a_model[1] or of_a_model[2]).zfill(14)
    right = check_digit(gtin[:-1]) == int(gtin[-1])
    assert parse(label, checked=right).di == gtin
    if row["kind"] == "ai_syntax" and row["unbracketed_fnc1_as_caret"]:
        assert parse(row["unbracketed_fnc1_as_caret"].replace("^", "\x1d"), checked=right) == parse(
            label, checked=right
        )
