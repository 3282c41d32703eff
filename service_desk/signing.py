"""The signature of a webhook: Standard Webhooks, https://github.com/standard-webhooks/standard-webhooks.

Who receives one checks the signature over `id.timestamp.body`, refuses what is older than a few minutes, and drops an
id that it has seen.
"""

import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode
from datetime import datetime

PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64


def key_of(secret: str) -> bytes:
    """The key in a secret as it is handed out: `whsec_` and base64 of 24 to 64 bytes. Raises ValueError."""
    try:
        key = b64decode(secret.strip().removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError(f"a webhook's secret is {PREFIX} and base64") from error
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError(f"a webhook's secret is base64 of {_SHORTEST} to {_LONGEST} bytes; this is {len(key)}")
    return key


def headers(key: bytes, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers; `message_id` is the same each time the same thing is sent."""
    moment = str(int(at.timestamp()))
    digest = hmac.digest(key, f"{message_id}.{moment}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{b64encode(digest).decode()}",
    }
