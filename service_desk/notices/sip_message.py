"""SIP messages as text: RFC 3261, 7; and the answer to a challenge: RFC 7616 (MD5, SHA-256)."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from typing import NamedTuple

from collector.errors import Unreachable

_COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length"}
_PARAM = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


class Answer(NamedTuple):
    """A response: headers by their long name in lower case, each with all its values in order."""

    status: int
    reason: str
    headers: dict[str, list[str]]
    body: str

    def header(self, name: str) -> str:
        """The first value; "" when there is none."""
        return next(iter(self.headers.get(name, ())), "")

    @property
    def method(self) -> str:
        """The request that it answers."""
        return self.header("cseq").partition(" ")[2].strip()


def request(method: str, uri: str, headers: Sequence[tuple[str, str]], body: str = "") -> bytes:
    """A request with its length."""
    kind = [("Content-Type", "application/sdp")] if body else []
    lines = [f"{name}: {value}" for name, value in [*headers, *kind, ("Content-Length", str(len(body.encode())))]]
    return "\r\n".join([f"{method} {uri} SIP/2.0", *lines, "", body]).encode()


def read(data: bytes) -> Answer | None:
    """What came; None when it is no response."""
    head, _, body = data.decode(errors="replace").partition("\r\n\r\n")
    first, *lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
    said = re.fullmatch(r"SIP/2\.0 (\d{3}) ?(.*)", first)
    if said is None:
        return None
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name = name.strip().lower()
        headers.setdefault(_COMPACT.get(name, name), []).append(value.strip())
    return Answer(int(said[1]), said[2], headers, body)


def authorized(answer: Answer, method: str, uri: str, who: tuple[str, str]) -> tuple[str, str]:
    """The header that answers a challenge, for a user with a password. Raises Unreachable for one not understood."""
    name = "proxy-authenticate" if answer.status == 407 else "www-authenticate"
    for challenge in answer.headers.get(name, ()):
        asked = {found[1].lower(): found[2] or found[3] or "" for found in _PARAM.finditer(challenge)}
        algorithm = asked.get("algorithm", "MD5")
        if algorithm.upper() in _HASHES:
            break
    else:
        raise Unreachable("its challenge is not understood")

    def digest(*parts: str) -> str:
        return _HASHES[algorithm.upper()](":".join(parts).encode()).hexdigest()

    secret, about = digest(who[0], asked.get("realm", ""), who[1]), digest(method, uri)
    said = {"username": who[0], "realm": asked.get("realm", ""), "nonce": asked.get("nonce", ""), "uri": uri}
    more = f", algorithm={algorithm}"
    if "auth" in re.split(r"\s*,\s*", asked.get("qop", "")):
        count, own = "00000001", secrets.token_hex(8)
        said |= {"cnonce": own, "response": digest(secret, said["nonce"], count, own, "auth", about)}
        more += f", qop=auth, nc={count}"
    else:
        said["response"] = digest(secret, said["nonce"], about)
    if "opaque" in asked:
        said["opaque"] = asked["opaque"]
    words = ", ".join(f'{key}="{value}"' for key, value in said.items())
    return ("Proxy-Authorization" if answer.status == 407 else "Authorization", f"Digest {words}{more}")
