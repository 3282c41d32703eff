"""Unique device identification: what the label of a device says, read by eye or by a scanner.

Documents: FDA, "UDI formats by FDA-accredited issuing agency" 1.3; GS1 General Specifications (application identifiers,
symbology identifiers, check digit 7.9) and GS1 Digital Link 1.2; ANSI/HIBC 2.6 (primary, secondary and supplemental
data, modulo 43); ICCBBA ST-017 (ISBT 128 data structures).
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from asset_registry.errors import Invalid

Agency = Literal["GS1", "HIBCC", "ICCBBA"]

GROUP_SEPARATOR: Final = "\x1d"
"""FNC1 as scanners send it."""

_LONGEST = 400
_GS1_SCANS = ("]C1", "]e0", "]d2", "]Q3", "]J1")
_PLAIN_SCANS = ("]d1", "]Q1", "]J0", "]A0", "]C0")
_EAN_SCANS = {"]E0": 13, "]E4": 8}
_HIBC_CHECK = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"


class BadUdi(Invalid):
    """What was read is no UDI. `position` is the character at which it goes wrong, from 0."""

    def __init__(self, why: str, position: int = 0) -> None:
        super().__init__(f"{why}, at character {position + 1}")
        self.position = position


class Udi(msgspec.Struct, frozen=True):
    """The parts of one UDI. `di` says which model, the others which piece.

    `expiry` and `manufactured` are ISO 8601, as exact as the label: 2026-11, 2026-11-24 or 2026-11-24T16.
    `donation` is the identification number of a blood product.
    """

    agency: Agency
    di: str
    lot: str = ""
    serial: str = ""
    expiry: str = ""
    manufactured: str = ""
    donation: str = ""
    quantity: int | None = None

    @property
    def last_day(self) -> date | None:
        """The last day on which it may be used; None when the label does not say."""
        if not self.expiry:
            return None
        if len(self.expiry) == len("2026-11"):
            year, month = map(int, self.expiry.split("-"))
            return date(year, month, monthrange(year, month)[1])
        return date.fromisoformat(self.expiry[:10])


def parse(text: str, *, checked: bool = True) -> Udi:
    """The UDI in `text`: with or without brackets, FNC1 and a scanner's symbology identifier.

    Not `checked`, a wrong check digit or character is let pass, as it stands in some published examples.
    Raises BadUdi, which says why and where.
    """
    if len(text) > _LONGEST:
        raise BadUdi(f"a UDI has at most {_LONGEST} characters", _LONGEST)
    text = text.rstrip("\r\n")
    if text.startswith("]"):
        return _scanned(text, checked=checked)
    body = text.lstrip(GROUP_SEPARATOR)
    start = len(text) - len(body)
    if body.startswith("+"):
        return _hibcc(body, start, checked=checked)
    if body.startswith(("=", "&")):
        return _iccbba(body, start)
    if body.casefold().startswith(("http://", "https://")):
        return _digital_link(body, checked=checked)
    return _gs1(body, start, checked=checked)


def _scanned(text: str, *, checked: bool) -> Udi:
    symbology, body = text[:3], text[3:]
    if symbology in _GS1_SCANS:
        return _gs1(body.lstrip(GROUP_SEPARATOR), len(text) - len(body.lstrip(GROUP_SEPARATOR)), checked=checked)
    if symbology in _EAN_SCANS:
        digits = _EAN_SCANS[symbology]
        if len(body) != digits or not body.isdecimal() or not body.isascii():
            raise BadUdi(f"an EAN-{digits} has {digits} digits", 3)
        _check_gtin(body, 3, checked=checked)
        return Udi("GS1", body.zfill(14))
    if symbology not in _PLAIN_SCANS:
        raise BadUdi(f"{symbology!r} is no symbology of a UDI")
    if body.startswith("]"):
        raise BadUdi("one symbology identifier is enough", 3)
    try:
        return parse(body, checked=checked)
    except BadUdi as trouble:
        raise BadUdi(str(trouble).rpartition(", at character ")[0], trouble.position + 3) from trouble


def check_digit(digits: str) -> int:
    """The check digit of a GTIN without it (GS1 General Specifications 7.9)."""
    return -sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))) % 10


def _check_gtin(gtin: str, at: int, *, checked: bool) -> None:
    expected = check_digit(gtin[:-1])
    if checked and gtin[-1] != str(expected):
        raise BadUdi(f"the check digit of {gtin} should be {expected}", at + len(gtin) - 1)


def _gs1(text: str, start: int, *, checked: bool) -> Udi:
    if not text:
        raise BadUdi("there is nothing", start)
    bracketed = text.startswith("(")
    if not bracketed and not text[:2].isdecimal():
        raise BadUdi("a UDI begins with an application identifier like (01), with +, or with =", start)
    from biip import BiipException, gs1_messages  # noqa: PLC0415 - its tables take a tenth of a second

    try:
        message = (gs1_messages.GS1Message.parse_hri if bracketed else gs1_messages.GS1Message.parse)(text)
    except BiipException as trouble:
        raise BadUdi(
            str(trouble).rstrip(".").replace(GROUP_SEPARATOR, " "), start + _wrong_at(str(trouble), text)
        ) from trouble
    values = {element.ai.ai: element.value for element in message.element_strings}
    return _of_gs1(values, text, start, checked=checked)


def _wrong_at(why: str, text: str) -> int:
    """Where in `text` what biip quotes first begins."""
    quoted = re.search(r"'([^']+)'", why)
    return max(0, text.find(quoted[1].removeprefix("01"))) if quoted else 0


def _of_gs1(values: dict[str, str], text: str, start: int, *, checked: bool) -> Udi:
    if "01" not in values:
        raise BadUdi("there is no (01), which says what model it is", start)
    gtin = values["01"]
    _check_gtin(gtin, start + text.index(gtin), checked=checked)
    return Udi(
        "GS1",
        gtin,
        lot=values.get("10", ""),
        serial=values.get("21", ""),
        expiry=_yymmdd(values, "17", text, start) or _yymmddhh(values, "7003", text, start),
        manufactured=_yymmdd(values, "11", text, start),
        quantity=int(values["30"]) if "30" in values else None,
    )


def _yymmdd(values: dict[str, str], identifier: str, text: str, start: int) -> str:
    """A date of six digits; day 00 is the whole month."""
    digits = values.get(identifier, "")
    return _date(digits, start + text.find(digits)) if digits else ""


def _yymmddhh(values: dict[str, str], identifier: str, text: str, start: int) -> str:
    digits = values.get(identifier, "")
    if not digits:
        return ""
    return f"{_date(digits[:6], start + text.find(digits))}T{_hour(digits[6:8], start + text.find(digits) + 6)}"


def _digital_link(text: str, *, checked: bool) -> Udi:
    """GS1 Digital Link: /01/<GTIN>/10/<lot>/21/<serial>?17=<expiry>."""
    url = urlsplit(text)
    levels = [unquote(level) for level in url.path.split("/")]
    if "01" not in levels[:-1]:
        raise BadUdi("the link has no /01/, which says what model it is", text.find(url.path))
    levels = levels[levels.index("01") :]
    values = dict(zip(levels[::2], levels[1::2], strict=False)) | dict(parse_qsl(url.query))
    at = text.find(f"/{values['01']}") + 1
    if not re.fullmatch(r"\d{8}|\d{12,14}", values["01"], re.ASCII):
        raise BadUdi("a GTIN has 8, 12, 13 or 14 digits", at)
    return _of_gs1(
        values | {"01": values["01"].zfill(14)}, text.replace(values["01"], values["01"].zfill(14)), 0, checked=checked
    )


_PRIMARY = re.compile(r"(?P<lic>[A-Z][A-Z0-9]{3})(?P<pcn>[A-Z0-9]{1,18})(?P<unit>\d)")
_QUANTITY = {"8": 2, "9": 5}
_DATES: dict[str, tuple[int, str]] = {"2": (6, "MMDDYY"), "3": (6, "YYMMDD"), "4": (8, "YYMMDDHH")}
_DATES |= {"5": (5, "YYJJJ"), "6": (7, "YYJJJHH"), "7": (0, "")}


def hibc_check(text: str) -> str:
    """The check character of everything before it, the leading + too (ANSI/HIBC, modulo 43)."""
    return _HIBC_CHECK[sum(_HIBC_CHECK.index(character) for character in text) % 43]


def parse_secondary(text: str) -> tuple[Udi, str]:
    """What a separate secondary label says, without a DI, and its link character: the primary's check character.

    Raises BadUdi.
    """
    if len(text) < 4 or not text.startswith("+"):
        raise BadUdi("a secondary label begins with +, and ends in a link and a check character")
    return msgspec.structs.replace(_secondary(text[1:-2], 1), di=""), text[-2]


def _hibcc(text: str, start: int, *, checked: bool) -> Udi:
    for at, character in enumerate(text):
        if character not in _HIBC_CHECK:
            raise BadUdi(f"{character!r} is no character of a HIBC label", start + at)
    body = text[1:-1]
    if len(text) > 1 and (text[1].isdecimal() or text[1] == "$"):
        raise BadUdi("this is the secondary label: scan the primary one, which begins with + and a letter", start + 1)
    primary, *more = body.split("/")
    if _PRIMARY.fullmatch(primary) is None:
        raise BadUdi(
            "after + come a labeler's code (a letter and three more), a number of 1 to 18 and a digit", start + 1
        )
    expected = hibc_check(text[:-1])
    if checked and text[-1] != expected:
        raise BadUdi(f"the check character should be {expected!r}", start + len(text) - 1)
    udi = Udi("HIBCC", primary)
    at = start + 1 + len(primary) + 1
    for nth, part in enumerate(more):
        said = _secondary(part, at) if nth == 0 and part[:1] in {"$", *"0123456789"} else _supplement(part, at)
        udi = _joined(udi, said)
        at += len(part) + 1
    return udi


def _joined(udi: Udi, more: Udi) -> Udi:
    added = {
        name: value
        for name in more.__struct_fields__
        if name not in ("agency", "di") and (value := getattr(more, name))
    }
    return msgspec.structs.replace(udi, **added)


def _secondary(text: str, at: int) -> Udi:
    if text[:1].isdecimal():  # YYJJJ and the lot
        return Udi("HIBCC", "", expiry=_of_form(text[:5], "YYJJJ", at), lot=text[5:])
    for flag, field in (("$$+", "serial"), ("$$", "lot"), ("$+", "serial"), ("$", "lot")):
        if text.startswith(flag):
            rest, at = text[len(flag) :], at + len(flag)
            expiry, quantity = "", None
            if flag.startswith("$$"):
                rest, at, quantity = _quantity(rest, at)
                rest, expiry = _dated(rest, at)
            udi = Udi("HIBCC", "", expiry=expiry, quantity=quantity)
            return msgspec.structs.replace(udi, **{field: rest})
    raise BadUdi("a secondary part begins with $ or a date", at)


def _quantity(text: str, at: int) -> tuple[str, int, int | None]:
    digits = _QUANTITY.get(text[:1])
    if digits is None:
        return text, at, None
    number = text[1 : 1 + digits]
    if len(number) < digits or not number.isdecimal():
        raise BadUdi(f"a quantity has {digits} digits", at + 1)
    return text[1 + digits :], at + 1 + digits, int(number)


def _dated(text: str, at: int) -> tuple[str, str]:
    """What follows the date, and the date."""
    if not text:
        return "", ""
    if text[0] in "01":
        return text[4:], _of_form(text[:4], "MMYY", at)
    if text[0] not in _DATES:
        raise BadUdi(f"{text[0]!r} is no form of a date", at)
    length, form = _DATES[text[0]]
    return text[1 + length :], _of_form(text[1 : 1 + length], form, at + 1) if form else ""


def _supplement(text: str, at: int) -> Udi:
    for flag, read in _SUPPLEMENTS.items():
        if text.startswith(flag):
            return read(text[len(flag) :], at + len(flag))
    raise BadUdi("supplemental data begin with S, 14D, 16D or Q", at)


def _whole_date(text: str, at: int) -> str:
    if not re.match(r"\d{8}", text, re.ASCII):
        raise BadUdi("a date is YYYYMMDD", at)
    return _day(int(text[:4]), text[4:6], text[6:8], at + 2)


_SUPPLEMENTS: Final[dict[str, Callable[[str, int], Udi]]] = {
    "14D": lambda text, at: Udi("HIBCC", "", expiry=_whole_date(text, at)),
    "16D": lambda text, at: Udi("HIBCC", "", manufactured=_whole_date(text, at)),
    "S": lambda text, _at: Udi("HIBCC", "", serial=text),
    "Q": lambda text, at: Udi("HIBCC", "", quantity=_number(text, at)),
}


def _number(text: str, at: int) -> int:
    if not (text.isdecimal() and text.isascii()):
        raise BadUdi("a quantity is a number", at)
    return int(text)


_STRUCTURES = re.compile(
    r"=/(?P<di>[A-Z0-9]{16})|=,(?P<serial>[A-Z0-9]{6})|=>(?P<expiry>\d{6})|=\}(?P<made>\d{6})"
    r"|=\)(?P<bag>[A-Z0-9]{10})|&\)(?P<bag_lot>[A-Z0-9]{10})|&,1(?P<lot>[A-Z0-9]{18})"
    r"|=(?P<donation>[A-NP-Z1-9][A-Z0-9]{4}\d{8}(?:[A-Z0-9]{2})?)",
    re.ASCII,
)


def _iccbba(text: str, start: int) -> Udi:
    found: dict[str, str] = {}
    for name, value, at in _structures(text, start):
        if name in found:
            raise BadUdi(f"{value} says a second time what was said", at)
        found[name] = value if name not in ("expiry", "made") else _century(value, at + 2)
    di = found.get("di") or found.get("bag")
    if di is None:
        raise BadUdi("there is no =/, which says what product it is, and no =), which says what bag", start)
    return Udi(
        "ICCBBA",
        di,
        lot=found.get("lot") or found.get("bag_lot", ""),
        serial=found.get("serial", ""),
        expiry=found.get("expiry", ""),
        manufactured=found.get("made", ""),
        donation=found.get("donation", ""),
    )


def _structures(text: str, start: int) -> Iterator[tuple[str, str, int]]:
    at = 0
    while at < len(text):
        found = _STRUCTURES.match(text, at)
        if found is None:
            raise BadUdi("no data structure of ISBT 128 begins so, or it is too short", start + at)
        yield str(found.lastgroup), found[str(found.lastgroup)], start + at
        at = found.end()


def _century(digits: str, at: int) -> str:
    """cYYJJJ, c the last digit of the century: 0 is 20."""
    return _julian(
        (20 if digits[0] in "01234" else 10) * 100 + int(digits[0]) * 100 + int(digits[1:3]), digits[3:], at + 3
    )


def _of_form(text: str, form: str, at: int) -> str:
    if len(text) < len(form) or not text.isdecimal() or not text.isascii():
        raise BadUdi(f"a date of the form {form} has {len(form)} digits", at)
    part = {
        key: text[form.index(key) : form.index(key) + len(key)]
        for key in ("YY", "MM", "DD", "JJJ", "HH")
        if key in form
    }
    year = 2000 + int(part["YY"])
    if "JJJ" in part:
        day = _julian(year, part["JJJ"], at)
    elif "DD" in part:
        day = _day(year, part["MM"], part["DD"], at)
    else:
        day = _month(year, part["MM"], at)
    return f"{day}T{_hour(part['HH'], at + form.index('HH'))}" if "HH" in part else day


def _date(digits: str, at: int) -> str:
    """YYMMDD; day 00 is the whole month. The century is within 50 years of 2020 (GS1 General Specifications 7.12)."""
    year = int(digits[:2])
    return _day(year + (2000 if year < 71 else 1900), digits[2:4], digits[4:6], at + 2)


def _month(year: int, month: str, at: int) -> str:
    if not 1 <= int(month) <= 12:
        raise BadUdi(f"there is no month {month}", at)
    return f"{year}-{month}"


def _day(year: int, month: str, day: str, at: int) -> str:
    whole = _month(year, month, at)
    if day == "00":
        return whole
    if int(day) > monthrange(year, int(month))[1]:
        raise BadUdi(f"{whole} has no day {day}", at + 2)
    return f"{whole}-{day}"


def _julian(year: int, number: str, at: int) -> str:
    day = date(year, 1, 1) + timedelta(days=int(number) - 1)
    if day.year != year:
        raise BadUdi(f"{year} has no day {number}", at)
    return day.isoformat()


def _hour(text: str, at: int) -> str:
    if int(text) > 23:
        raise BadUdi(f"there is no hour {text}", at)
    return text
