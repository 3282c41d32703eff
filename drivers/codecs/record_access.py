"""Stored records of a glucose meter: the only thing that is ever written to a device.

Document: Bluetooth SIG, "Glucose Service 1.0.1", sections 3.4 and 4.5; GATT Specification Supplement, "Record Access
Control Point". Of its procedures only Report Stored Records exists here: nothing is deleted, counted or aborted.
"""

from collector.errors import BadFrame
from collector.ports import Query

CONTROL_POINT, SERVICE = "2a52", "1808"

_MEASURED = "2a18"
_REPORT, _ANSWER = 0x01, 0x06
_ALL, _FROM = 0x01, 0x03
_BY_SEQUENCE_NUMBER = 0x01
_DONE, _NO_RECORDS = 0x01, 0x06
_REFUSALS = {
    0x02: "it cannot report its records",
    0x03: "it does not understand the request",
    0x04: "it cannot report records from a number on",
    0x05: "it does not understand the request",
    0x08: "it could not finish the report",
    0x09: "it cannot report records from a number on",
}


class ReportRecords(Query, frozen=True):
    """Report stored records: all, or those whose sequence number is at least a number."""


QUERIES = (ReportRecords,)


def report(newest: int | None) -> ReportRecords:
    """The request for everything, or for what is not older than record `newest`."""
    if newest is None:
        return ReportRecords(bytes((_REPORT, _ALL)))
    return ReportRecords(bytes((_REPORT, _FROM, _BY_SEQUENCE_NUMBER)) + newest.to_bytes(2, "little"))


def refusal(answer: bytes) -> str | None:
    """What the meter says of a request: "" it is done, else why not; None: it has no such record. Raises BadFrame."""
    if len(answer) != 4 or answer[0] != _ANSWER or answer[2] != _REPORT:
        raise BadFrame("This is no answer to Report Stored Records", 0)
    if answer[3] == _NO_RECORDS:
        return None
    return "" if answer[3] == _DONE else _REFUSALS.get(answer[3], f"it answers {answer[3]:#04x}")


class Records:
    """What one meter has stored: asked for once with each connection, first everything, then what is new.

    A number counts as heard when the whole report was. A meter that no longer has it, because its memory was cleared,
    or refuses to look for it, is asked for everything the next time.
    """

    def __init__(self) -> None:
        self._newest: int | None = None
        self._coming: int | None = None

    def ask(self) -> ReportRecords:
        """The request to send now."""
        self._coming = None
        return report(self._newest)

    def heard(self, topic: str, value: bytes) -> str:
        """Take note of what the meter sent; why it refuses, where it does."""
        if topic == _MEASURED and len(value) >= 3:
            self._coming = int.from_bytes(value[1:3], "little")
        if topic != CONTROL_POINT:
            return ""
        try:
            why = refusal(value)
        except BadFrame:
            return ""  # the decoder says so
        self._newest = (self._coming if self._coming is not None else self._newest) if why == "" else None
        return why or ""
