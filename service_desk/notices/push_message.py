"""What a push service is given: encrypted for one browser (RFC 8291 on RFC 8188), signed by this house (RFC 8292)."""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MOST_BYTES = 4096 - 86 - 17
"""A push service takes 4,096 bytes (RFC 8030, 7.2): header, text, delimiter and tag."""

_RECORD = 4096
_LASTING = timedelta(hours=12)
"""A signature may be good for 24 hours at most."""
_LONGEST = 1000


class Subscription(msgspec.Struct, frozen=True):
    """One browser: where its push service takes messages, its keys in base64url, and what people call it."""

    endpoint: str
    p256dh: str
    auth: str
    name: str = ""

    @property
    def origin(self) -> str:
        """The push service: https://host."""
        return "{0.scheme}://{0.netloc}".format(urlsplit(self.endpoint))


def subscription(text: str) -> Subscription:
    """A subscription written as JSON. Raises ValueError."""
    try:
        found = msgspec.json.decode(text, type=Subscription)
        _public(found.p256dh)
        whole = _called(found.endpoint) and len(unb64(found.auth)) == 16
    except ValueError:
        whole = False
    if not whole:
        raise ValueError("This is no subscription of a browser.")
    return found


def new_key() -> str:
    """A key to sign with, as PEM (PKCS #8)."""
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )


def key_of(pem: str) -> ec.EllipticCurvePrivateKey:
    """The key in a PEM. Raises ValueError."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError):
        key = None
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise ValueError("is no private key on the curve P-256; `wardkeeper push-key FILE` makes one")


def public_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public half, as a point of 65 bytes."""
    return key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def encrypted(text: bytes, to: Subscription, once: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """One record of aes128gcm that only this browser reads; `once` and `salt` are for this message alone."""
    theirs, ours = unb64(to.p256dh), public_of(once)
    shared = once.exchange(ec.ECDH(), _public(to.p256dh))
    secret = _derived(shared, unb64(to.auth), b"WebPush: info\0" + theirs + ours, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    head = salt + _RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return head + AESGCM(key).encrypt(nonce, text + b"\x02", None)


def signature(key: ec.EllipticCurvePrivateKey, origin: str, contact: str, now: datetime) -> str:
    """The header Authorization: who sends this, to which push service, and whom to write to about it."""
    claims = {"aud": origin, "exp": int((now + _LASTING).timestamp()), "sub": contact}
    signed = ".".join(b64(json.dumps(each).encode()) for each in ({"typ": "JWT", "alg": "ES256"}, claims))
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"vapid t={signed}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}, k={b64(public_of(key))}"


def b64(octets: bytes) -> str:
    """Base64url without padding, as everything of web push is written."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The octets. Raises ValueError."""
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError(f"{text} is not base64url") from error


def _called(endpoint: str) -> bool:
    parts = urlsplit(endpoint)
    plain = endpoint.isascii() and endpoint.isprintable() and len(endpoint) <= _LONGEST
    return plain and parts.scheme == "https" and bool(parts.hostname)


def _public(p256dh: str) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(p256dh))


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
