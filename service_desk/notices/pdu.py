"""SMS as a modem takes them: SMS-SUBMIT of 3GPP TS 23.040, 9.2.2.2, alphabets of TS 23.038, 6.2.

GSM 7 bit where every letter is in its alphabet, else UCS-2. What does not fit one message becomes parts with a header
(TS 23.040, 9.2.3.24.1) that the phone puts together. A part that could not be delivered within an hour is dropped.
"""

from typing import NamedTuple, TypeVar

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = {"^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65}
_SEPTET = {letter: code for code, letter in enumerate(_BASIC) if letter != "\x1b"}
_ESCAPE = 0x1B
_ONE_GSM, _PART_GSM, _ONE_UCS, _PART_UCS = 160, 153, 140, 134
_SUBMIT, _RELATIVE, _HEADER = 0x01, 0x10, 0x40
_AN_HOUR = 0x0B
_UCS2 = 0x08


_Letter = TypeVar("_Letter", bytes, tuple[int, ...])


class Part(NamedTuple):
    """One SMS for `AT+CMGS=length`: hexadecimal, with no service centre, which is the SIM card's."""

    length: int
    text: str


def parts(number: str, text: str, reference: int) -> list[Part]:
    """The SMS of a text. `reference` ties the parts together. Raises ValueError for a number that is none."""
    to = _address(number)
    septets = _septets(text)
    if septets is not None:
        pieces = [septets] if sum(map(len, septets)) <= _ONE_GSM else []
        split = [[code for letter in piece for code in letter] for piece in (pieces or _cut(septets, _PART_GSM))]
        coding, data = 0x00, [_packed(codes, 7 if len(split) > 1 else 0) for codes in split]
    else:
        letters = [letter.encode("utf-16-be") for letter in text]
        whole = [letters] if sum(map(len, letters)) <= _ONE_UCS else _cut(letters, _PART_UCS)
        coding, data = _UCS2, [(len(b"".join(piece)), b"".join(piece)) for piece in whole]
    return [_part(to, coding, each, (reference, len(data), index)) for index, each in enumerate(data, 1)]


def _part(to: bytes, coding: int, data: tuple[int, bytes], place: tuple[int, int, int]) -> Part:
    length, user_data = data
    first, header = _SUBMIT | _RELATIVE, b""
    if place[1] > 1:
        first, header = first | _HEADER, bytes((5, 0, 3, place[0] & 0xFF, place[1], place[2]))
        length += 7 if coding == 0 else len(header)  # six octets and a bit of fill are seven septets
    body = bytes((first, 0)) + to + bytes((0, coding, _AN_HOUR, length)) + header + user_data
    return Part(len(body), (b"\x00" + body).hex().upper())


def _address(number: str) -> bytes:
    """9.1.2.5: the digits in swapped halves of octets."""
    digits = number.removeprefix("+")
    if not digits.isdecimal() or not digits.isascii() or not 3 <= len(digits) <= 20:
        raise ValueError("a number is digits, with + and the country first where it is needed")
    padded = digits + "F" * (len(digits) % 2)
    swapped = "".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2))
    return bytes((len(digits), 0x91 if number.startswith("+") else 0x81)) + bytes.fromhex(swapped)


def _septets(text: str) -> list[tuple[int, ...]] | None:
    """One or two codes a letter; None when a letter is not in the alphabet."""
    found: list[tuple[int, ...]] = []
    for letter in text:
        if letter in _SEPTET:
            found.append((_SEPTET[letter],))
        elif letter in _EXTENDED:
            found.append((_ESCAPE, _EXTENDED[letter]))
        else:
            return None
    return found


def _cut(letters: list[_Letter], most: int) -> list[list[_Letter]]:
    """Pieces of at most `most` codes or octets; no letter is cut in two."""
    pieces: list[list[_Letter]] = [[]]
    size = 0
    for letter in letters:
        if size + len(letter) > most:
            pieces.append([])
            size = 0
        pieces[-1].append(letter)
        size += len(letter)
    return pieces


def _packed(codes: list[int], skipped: int) -> tuple[int, bytes]:
    """How many septets, and the octets they are packed into (6.1.2.1); `skipped` septets of header come before."""
    bits = sum(code << 7 * index for index, code in enumerate(codes))
    fill = 7 * skipped - 8 * 6 if skipped else 0
    size = (7 * len(codes) + fill + 7) // 8
    return len(codes), (bits << fill).to_bytes(size, "little")
