"""A push service with one browser behind it: HTTPS on this machine; what comes is checked and decrypted as they would.

Like the far ends of `far.py`. What a browser and its service do is written down here a second time, from the RFCs,
with nothing of ours; the signature is checked by joserfc.
"""

import json
import os
import ssl
import tempfile
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from service_desk.notices.push_message import new_key
from tests.conftest import make_certificates

KEY = new_key()
CONTACT = "mailto:it@linden.example"


@cache
def certificates():
    folder = Path(tempfile.mkdtemp(prefix="push-service-"))
    make_certificates(folder)
    return folder


def b64(octets):
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def unb64(text):
    return urlsafe_b64decode(text + "===")


def point(key):
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


class Browser:
    """Its keys; `read` decrypts (RFC 8188, 2; RFC 8291, 3)."""

    def __init__(self, key=None, auth=None):
        self.key, self.auth = key or ec.generate_private_key(ec.SECP256R1()), auth or os.urandom(16)

    def address(self, endpoint, name="Firefox on Linux"):
        keys = {"p256dh": b64(point(self.key)), "auth": b64(self.auth)}
        return json.dumps({"endpoint": endpoint, **keys, "name": name}, separators=(",", ":"))

    def read(self, body):
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        theirs, record = body[21 : 21 + length], body[21 + length :]
        assert len(body) <= 4096
        assert len(record) <= size
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        info = b"WebPush: info\x00" + point(self.key) + theirs
        secret = self._derive(self.key.exchange(ec.ECDH(), sender), self.auth, info, 32)
        key = self._derive(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = self._derive(secret, salt, b"Content-Encoding: nonce\x00", 12)
        padded = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\x00")
        assert padded[-1:] == b"\x02"
        return padded[:-1]

    def _derive(self, secret, salt, info, length):
        return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


class PushService:
    """`headers` are those of the last message; `heads` counts who only asked whether it lives."""

    part, named = "web_push", True

    def __init__(self, port):
        self.port, self.mode, self.got, self.heads, self.headers = port, "takes", [], 0, {}
        self.browser = Browser()
        self.origin = f"https://localhost:{port}"
        self.address = self.browser.address(f"{self.origin}/push/v2/one")

    @property
    def where(self):
        here = {"services": [f"localhost:{self.port}"], "ca": str(certificates() / "ca.pem")}
        return {"secret": KEY, "contact": CONTACT, **here}

    def start(self):
        far = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self):
                far.heads += 1
                self._answer(404)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if far.mode == "hangs up":
                    self.close_connection = True
                    return
                self._answer({"refuses": 403, "busy": 503, "gone": 410}.get(far.mode) or far.take(self.headers, body))

            def _answer(self, status):
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.send_header("Location", f"{far.origin}/message/7")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificates() / "server.pem", certificates() / "server.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def take(self, said, body):
        """As RFC 8030, 5 and RFC 8292, 2 and 3 have it."""
        self.headers = dict(said)
        scheme, _, rest = said["Authorization"].partition(" ")
        told = dict(part.strip().split("=", 1) for part in rest.split(","))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(told["k"]))
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.claims = jwt.decode(told["t"], ECKey.import_key(pem), algorithms=["ES256"]).claims
        if (scheme, self.claims["aud"], said["Content-Encoding"]) != ("vapid", self.origin, "aes128gcm"):
            return 401
        self.shown = json.loads(self.browser.read(body))
        self.got.append((self.address, f"{self.shown['title']}\n{self.shown['body']}", said["Topic"]))
        return 201
