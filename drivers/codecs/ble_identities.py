"""Who is behind a random address: resolvable private addresses and the keys that resolve them.

Document: Bluetooth Core Specification 5.4, Vol 6 Part B 1.3.2 (the address), Vol 3 Part H 2.2.2 (the hash `ah`).
"""

from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_REMEMBERED = 4096
_KIND = 0xC0  # the two highest bits of a random address say what it is
_STATIC = 0xC0
_RESOLVABLE = 0x40


def ah(irk: bytes, prand: bytes) -> bytes:
    """The hash of a random part of 3 bytes under an identity resolving key of 16, the most significant byte first."""
    encryptor = Cipher(algorithms.AES128(irk), modes.ECB()).encryptor()  # noqa: S305 - the document's own: one block
    return encryptor.update(bytes(13) + prand)[-3:]


def is_private(address: str) -> bool:
    """Whether a random address is one that its device will change: every quarter of an hour or so."""
    return int(address[:2], 16) & _KIND != _STATIC


class Identities:
    """Names by identity resolving key. What an address resolved to is remembered for as long as it may be in use."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = keys
        self._known: dict[str, str | None] = {}

    def named(self, key: bytes) -> str | None:
        """The name of a key."""
        return next((name for name, known in self._keys.items() if known == key), None)

    def device(self, address: str, *, random: bool) -> str:
        """The native id of the device at an address."""
        return f"ble:{(self.of(address) if random else None) or address.upper()}"

    def of(self, address: str) -> str | None:
        """The name behind a random address, if one of the keys made it."""
        if not self._keys or int(address[:2], 16) & _KIND != _RESOLVABLE:
            return None
        if address not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[address] = self._resolved(bytes.fromhex(address.replace(":", "")))
        return self._known[address]

    def _resolved(self, address: bytes) -> str | None:
        return next((name for name, key in self._keys.items() if ah(key, address[:3]) == address[3:]), None)
