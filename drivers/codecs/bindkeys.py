"""Keys of devices that encrypt what they advertise, in settings by address: AES-CCM with a tag of 4 bytes.

Document: NIST SP 800-38C.
"""

import re
from collections.abc import Callable, Mapping
from typing import Annotated

from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from pydantic import AfterValidator, SecretStr

_ADDRESS = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){5}")
_HEX = re.compile(r"[0-9a-fA-F]+")
_TAG_BYTES = 4
_LONG, _SHORT = 32, 24


def _of(*digits: int) -> Callable[[dict[str, SecretStr]], dict[str, SecretStr]]:
    words = " or ".join(map(str, digits))

    def check(keys: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for address, key in keys.items():
            if not _ADDRESS.fullmatch(address.upper()):
                raise ValueError(f"{address!r} is not an address such as A4:C1:38:8D:18:B2")
            secret = key.get_secret_value()
            if len(secret) not in digits or not _HEX.fullmatch(secret):
                raise ValueError(f"the key of {address} has not {words} hex digits")
        return {address.upper(): key for address, key in keys.items()}

    return check


Bindkeys = Annotated[dict[str, SecretStr], AfterValidator(_of(_LONG))]
"""Keys of 32 hex digits by address."""
AnyBindkeys = Annotated[dict[str, SecretStr], AfterValidator(_of(_SHORT, _LONG))]
"""As `Bindkeys`, also those of 24 hex digits, which older devices of Xiaomi have."""


def raw(keys: Mapping[str, SecretStr]) -> dict[str, bytes]:
    """The keys' bytes by address."""
    return {address: bytes.fromhex(key.get_secret_value()) for address, key in keys.items()}


def ciphers(keys: Mapping[str, SecretStr]) -> dict[str, AESCCM]:
    """By address, what opens a packet; its `decrypt` raises InvalidTag for another's key."""
    return {address: AESCCM(key, tag_length=_TAG_BYTES) for address, key in raw(keys).items()}


def address_of(device: str) -> str:
    """The address in a native id."""
    return device.removeprefix("ble:")
