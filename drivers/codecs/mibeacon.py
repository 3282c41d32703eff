"""MiBeacon, the frames of Xiaomi's Bluetooth devices, versions 2 to 5, plain and encrypted, and the objects in them.

https://home-is-where-you-hang-your-hack.github.io/ble_monitor/MiBeacon_protocol and Xiaomi's "Mijia BLE MiBeacon
protocol". Versions 4 and 5 encrypt with AES-CCM and authenticate; 2 and 3 do not authenticate: whether the key was
theirs is told by objects that fill the packet, so noise can pass as a value now and then.
"""

from collections.abc import Iterator, Mapping

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from collector.errors import BadFrame, NoKey

_ENCRYPTED, _ADDRESS, _CAPABILITY, _OBJECT, _MESH = 0x08, 0x10, 0x20, 0x40, 0x80
_IN_OUT = 0x20  # of the capability: two bytes follow
_AUTHENTICATED_FROM = 4
_COUNTER, _TAG, _LEGACY_TAIL = 3, 4, 4
_LEGACY_MIDDLE = bytes.fromhex("8d3d3c97")  # what makes 16 bytes of a key of 12
_HEADER = b"\x11"
_AT_ADDRESS = 5
COUNTER_AT = 4


class MiBeacon(msgspec.Struct, frozen=True, gc=False):
    """One frame: which product, its address where it says it, and where what it says begins (None: nothing)."""

    data: bytes
    version: int
    product: int
    encrypted: bool
    address: bytes | None
    at: int | None


def parse(data: bytes) -> MiBeacon | None:
    """The frame; None for one of a mesh or of a version before 2. Raises BadFrame."""
    if len(data) < _AT_ADDRESS:
        raise BadFrame(f"A MiBeacon has at least {_AT_ADDRESS} bytes, these are {len(data)}", len(data))
    control = data[0] | data[1] << 8
    version = control >> 12
    if control & _MESH or version < 2:
        return None
    at, address = _AT_ADDRESS, None
    if control & _ADDRESS:
        at += 6
        address = data[at - 1 : _AT_ADDRESS - 1 : -1]
    if control & _CAPABILITY:
        at += 3 if at < len(data) and data[at] & _IN_OUT else 1
    if at > len(data):
        raise BadFrame("The MiBeacon ends before its objects", len(data))
    return MiBeacon(
        data,
        version,
        data[2] | data[3] << 8,
        bool(control & _ENCRYPTED),
        address,
        at if control & _OBJECT else None,
    )


class Keyring:
    """What opens encrypted frames, by address."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._ciphers = {address: AESCCM(key, tag_length=_TAG) for address, key in keys.items() if len(key) == 16}
        self._legacy = {
            address: AES(key if len(key) == 16 else key[:6] + _LEGACY_MIDDLE + key[6:]) for address, key in keys.items()
        }

    def __contains__(self, address: str) -> bool:
        return address in self._legacy

    def open(self, frame: MiBeacon, address: str) -> bytes:
        """The objects of an encrypted frame. Raises NoKey, and BadFrame for another's key."""
        at = frame.at or 0
        if address not in self:
            raise NoKey(f"ble:{address} is encrypted: put its key under `bindkeys` of ble.xiaomi", at)
        sender = bytes.fromhex(address.replace(":", ""))[::-1]
        if frame.version < _AUTHENTICATED_FROM:
            return self._open_legacy(frame, at, address, sender)
        cipher = self._ciphers.get(address)
        if cipher is None:
            raise BadFrame(f"ble:{address} sends MiBeacon {frame.version}: its key has 32 hex digits, not 24", at)
        end = len(frame.data) - _COUNTER - _TAG
        if end < at:
            raise BadFrame("The MiBeacon is too short to be encrypted", len(frame.data))
        nonce = sender + frame.data[2:5] + frame.data[end : end + _COUNTER]
        try:
            return cipher.decrypt(nonce, frame.data[at:end] + frame.data[-_TAG:], _HEADER)
        except InvalidTag as trouble:
            raise BadFrame(_wrong(address), at) from trouble

    def _open_legacy(self, frame: MiBeacon, at: int, address: str, sender: bytes) -> bytes:
        end = len(frame.data) - _LEGACY_TAIL
        if end < at:
            raise BadFrame("The MiBeacon is too short to be encrypted", len(frame.data))
        nonce = frame.data[:5] + frame.data[end : end + _COUNTER] + sender[:5]
        first_block = b"\1" + nonce + b"\0\1"  # CCM's counter with a length of two bytes, at its first block of text
        opened = Cipher(self._legacy[address], CTR(first_block)).decryptor().update(frame.data[at:end])
        try:
            list(objects(opened))
        except BadFrame as trouble:
            raise BadFrame(_wrong(address), at) from trouble
        return opened


def _wrong(address: str) -> str:
    return f"The bindkey of ble:{address} does not open this packet: is it another device's?"


def objects(data: bytes, at: int = 0) -> Iterator[tuple[int, bytes]]:
    """Each object's id and value. Raises BadFrame where one ends too early."""
    while at < len(data):
        end = at + 3 + data[at + 2] if at + 2 < len(data) else len(data) + 1
        if end > len(data):
            raise BadFrame("The MiBeacon ends inside an object", len(data))
        yield data[at] | data[at + 1] << 8, data[at + 3 : end]
        at = end
