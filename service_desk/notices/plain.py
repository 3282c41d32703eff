"""Letters that a pager has: ASCII, with what German and its neighbours write instead."""

import unicodedata

_INSTEAD = str.maketrans(
    {
        "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "oe",
        "Ø": "Oe", "å": "aa", "Å": "Aa", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "µ": "u", "–": "-",
        "\N{MINUS SIGN}": "-", "\N{DEGREE SIGN}": "", "\N{NO-BREAK SPACE}": " ", "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    }
)  # fmt: skip


def plain(text: str) -> str:
    """One line of printable ASCII; what has no near letter there becomes "?"."""
    letters = unicodedata.normalize("NFKD", text.translate(_INSTEAD))
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(kept.encode("ascii", "replace").decode().split())
