"""What a label says: a UDI in, its parts out; a wrong one refused, with why and where."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_registry.udi import BadUdi, Udi, check_digit, hibc_check, parse

GS = "\x1d"
PUMP = Udi("GS1", "10884521062856", lot="A213B1", serial="1234", expiry="2027-07-07", manufactured="2024-12-31")


@pytest.mark.parametrize(
    "label",
    [
        "(01)10884521062856(11)241231(17)270707(10)A213B1(21)1234",
        f"011088452106285611241231172707071 0A213B1{GS}211234".replace(" ", ""),
        f"]d20110884521062856112412311727070710A213B1{GS}211234",
        f"]C1{GS}0110884521062856112412311727070710A213B1{GS}211234\r\n",
        "https://id.example/01/10884521062856/10/A213B1/21/1234?11=241231&17=270707",
        "]Q1https://id.example/x/01/10884521062856/10/A213B1/21/1234?17=270707&11=241231",
    ],
)
def test_gs1_with_and_without_brackets_separators_and_links(label):
    assert parse(label) == PUMP


def test_a_day_of_00_is_the_whole_month():
    udi = parse("(01)10884521062856(17)280200")
    assert udi.expiry == "2028-02"
    assert udi.last_day == date(2028, 2, 29)


def test_an_ean_of_a_box_is_a_di():
    assert parse("]E402345673") == Udi("GS1", "00000002345673")


def hibc(text):
    return text + hibc_check(text)


@pytest.mark.parametrize(
    "label, udi",
    [
        ("+H123PARTNO120/$$42802021600AB", Udi("HIBCC", "H123PARTNO120", lot="00AB", expiry="2028-02-02T16")),
        ("+H123PARTNO120/$$+7XYZ", Udi("HIBCC", "H123PARTNO120", serial="XYZ")),
        ("+H123PARTNO120/28033LOT", Udi("HIBCC", "H123PARTNO120", lot="LOT", expiry="2028-02-02")),
        (
            "+H123PARTNO120/$LOT/SXYZ/16D20260202/Q12",
            Udi("HIBCC", "H123PARTNO120", lot="LOT", serial="XYZ", manufactured="2026-02-02", quantity=12),
        ),
    ],
)
def test_hibcc(label, udi):
    assert parse(hibc(label)) == udi


def test_iccbba():
    assert parse("=/A9999XYZ100T0944=,000025=A99971312345600=>028032=}026032&,1000000000000XYZ123") == Udi(
        "ICCBBA",
        "A9999XYZ100T0944",
        lot="000000000000XYZ123",
        serial="000025",
        expiry="2028-02-01",
        manufactured="2026-02-01",
        donation="A99971312345600",
    )


@pytest.mark.parametrize(
    "label, why, position",
    [
        ("", "there is nothing", 0),
        ("AAL12345", "begins with", 0),
        ("(01)10884521062857", "check digit of 10884521062857 should be 6", 17),
        ("(10)A213B1", "no (01)", 0),
        ("(01)10884521062856(17)270230", "270230", 22),
        ("]Q3(12345)", "", 3),
        ("]X1abc", "no symbology", 0),
        ("+H123PARTNO120/$LOTx", "no character", 19),
        ("+H123PARTNO120/$LOT0", "check character should be", 19),
        ("+$$3280202LOTLC", "secondary label", 1),
        ("=/A9999XYZ100T094", "too short", 0),
        ("=/A9999XYZ100T0944=>028399", "2028 has no day 399", 23),
        ("https://id.example/10/LOT", "no /01/", 18),
        ("9" * 401, "at most 400", 400),
    ],
)
def test_a_wrong_one_is_refused_with_why_and_where(label, why, position):
    with pytest.raises(BadUdi) as refused:
        parse(label)
    assert why in str(refused.value)
    assert refused.value.position == position


@given(st.from_regex(r"\d{13}", fullmatch=True))
def test_one_wrong_digit_is_found(digits):
    gtin = digits + str(check_digit(digits))
    assert parse(f"(01){gtin}").di == gtin
    wrong = str((int(gtin[5]) + 1) % 10)
    with pytest.raises(BadUdi):
        parse(f"(01){gtin[:5]}{wrong}{gtin[6:]}")


@given(
    st.text(alphabet=st.characters(max_codepoint=127), max_size=60),
    st.sampled_from(["", "(01)", "+H123", "=/", "]d2", "https://a/01/"]),
)
def test_whatever_is_scanned_is_a_udi_or_refused(text, start):
    try:
        said = parse(start + text).di
    except BadUdi as refused:
        said = 0 <= refused.position <= len(start + text)
    assert said
