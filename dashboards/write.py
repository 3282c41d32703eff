"""Line protocol in, for whatever can write to an InfluxDB 1 or 2: readings by another way (docs/line-protocol.md).

Forms and answers: https://docs.influxdata.com/influxdb/v1/tools/api/, https://docs.influxdata.com/influxdb/v2/api/.
204 is said when the readings are on disk. Names of databases, buckets and organisations are not looked at.
"""

import asyncio
import binascii
import zlib
from base64 import b64decode
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI, HTTPException
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response

from asset_registry.people import Principal
from collector.counters import bad_frame
from collector.influx.heard import MOST, Heard, Lines, TooMuch, Wrong
from collector.influx.parse import NS_PER
from collector.reading import Announcement, Item
from dashboards.access import PUBLIC, Gate
from dashboards.context import Context, Here, context_of
from dashboards.link_view import LINE_PROTOCOL

LARGEST: Final = 8 << 20
"""Bytes of a body, as it comes and unpacked."""
DURABLE_WITHIN_S = 4.0
"""Telegraf hangs up after 5 s, Home Assistant after 10: they must be told before."""
RETRY_AFTER_S = 5

_OUT_OF_THE_WAY = 1 << 40  # FastAPI's own limit would answer with a page
_TOLD = 20
_TOLD_CHARS = 256
_CODES = {
    400: "invalid",
    401: "unauthorized",
    403: "forbidden",
    404: "not found",
    413: "request too large",
    503: "unavailable",
}


class Said(HTTPException):
    """A refusal in InfluxDB's words, in the form of the version that was asked."""

    def response(self, path: str) -> Response:
        """`{"code", "message"}` under /api/v2, else `{"error"}`."""
        if path.startswith("/api/v2/"):
            body = {"code": _CODES[self.status_code], "message": self.detail}
        else:
            body = {"error": self.detail}
        return JSONResponse(body, self.status_code, self.headers)


def install(app: FastAPI) -> None:
    """Register the handler of refusals."""
    app.add_exception_handler(Said, _said)


def lines_of(context: Context) -> Lines:
    """What makes readings of lines here."""
    return Lines(context.snapshots.current.site, context.line_protocol)


def _said(request: Request, error: Exception) -> Response:
    if not isinstance(error, Said):
        raise TypeError(f"registered for Said, called with {type(error).__name__}")
    return error.response(request.url.path)


# ---------------------------------------------------------------- who is asking


class TokenGate(Gate):
    """Admits programs by token alone, wherever an InfluxDB lets it be said; no cookie does, so nothing is forged."""

    async def __call__(self, connection: HTTPConnection) -> None:
        """Raises Said."""
        visitor = await run_in_threadpool(_writer, connection)
        v2 = connection.url.path.startswith("/api/v2/")
        if visitor is None:
            why = "unauthorized access" if v2 else "authorization failed"
            raise Said(401, why, None if v2 else {"WWW-Authenticate": 'Basic realm="InfluxDB"'})
        if self.roles is not None and not visitor.may(*self.roles):
            raise Said(403, "insufficient permissions for write: the token needs the role gateway")
        connection.state.writer = visitor.login


def _writer(connection: HTTPConnection) -> Principal | None:
    secret = _secret(connection)
    return context_of(connection).sign_in.principal_of_token(secret) if secret else None


def _secret(connection: HTTPConnection) -> str:
    """The token: in the header, after a user's name, or as the parameter `p`; "" for none."""
    scheme, _, said = connection.headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer" | "token":
            return said.strip().rpartition(":")[2]  # `Token user:password`, as InfluxDB 1.8 takes it
        case "basic":
            with suppress(binascii.Error, UnicodeDecodeError):
                return b64decode(said.strip(), validate=True).decode().partition(":")[2]
            return ""
    return "" if scheme else connection.query_params.get("p", "")


WRITING: Any = Depends(TokenGate(frozenset({"gateway", "admin"})))
"""The role `gateway`: what sends readings, and may do nothing else."""

router = APIRouter()


# ---------------------------------------------------------------- what clients ask before


@router.api_route("/ping", methods=["GET", "HEAD"], dependencies=[PUBLIC], status_code=204)
def ping(here: Here) -> Response:
    """Somebody is there."""
    headers = {"X-Influxdb-Build": "Wardkeeper", "X-Influxdb-Version": here.version}
    return Response(status_code=204, headers=headers)


@router.get("/health", dependencies=[PUBLIC])
def health(here: Here) -> Response:
    """Whether readings can be taken, as InfluxDB 2 says it."""
    spool = here.inside.spool()
    stopped = any(part.name == "spool" and part.state != "running" for part in here.inside.services())
    able = not stopped and (spool is None or spool.fullness < 1)
    body: dict[str, object] = {
        "name": "wardkeeper",
        "message": "ready for writes" if able else "no room for readings",
        "status": "pass" if able else "fail",
        "checks": [],
        "version": here.version,
    }
    return JSONResponse(body, 200 if able else 503)


@router.api_route("/query", methods=["GET", "POST"], dependencies=[WRITING])
async def query(request: Request) -> Response:
    """Telegraf makes its database before it writes: it is told that this was done. There is nothing to read here."""
    asked = request.query_params.get("q") or (await request.form()).get("q")
    if not isinstance(asked, str) or not asked.strip():
        raise Said(400, 'missing required parameter "q"')
    words = asked.upper().split()[:2]
    if words == ["CREATE", "DATABASE"]:
        return JSONResponse({"results": [{"statement_id": 0}]})
    if [word.rstrip(";") for word in words] == ["SHOW", "DATABASES"]:
        return JSONResponse({"results": [{"statement_id": 0, "series": [{"name": "databases", "columns": ["name"]}]}]})
    raise Said(400, "error parsing query: Wardkeeper takes line protocol only; read at /api/v1/readings")


# ---------------------------------------------------------------- lines


@router.post("/write", dependencies=[WRITING], status_code=204, max_body_size=_OUT_OF_THE_WAY)
async def write(request: Request, here: Here, db: str = "", precision: str = "ns") -> Response:
    """As InfluxDB 1."""
    if precision not in NS_PER:
        raise Said(400, f'invalid precision "{precision[:20]}" (use n, u, ms, s, m or h)')
    if not db:
        raise Said(400, "database is required")
    return await _taken(request, here, await _body(request), NS_PER[precision])


@router.post("/api/v2/write", dependencies=[WRITING], status_code=204, max_body_size=_OUT_OF_THE_WAY)
async def write_v2(request: Request, here: Here, bucket: str = "", precision: str = "ns") -> Response:
    """As InfluxDB 2."""
    if precision not in ("ns", "us", "ms", "s"):
        raise Said(400, "invalid precision; valid precision units are ns, us, ms, and s")
    if not bucket:
        raise Said(404, "bucket not found")
    body = await _body(request)
    if not body:
        raise Said(400, "writing requires points")  # Home Assistant looks for this
    return await _taken(request, here, body, NS_PER[precision])


async def _body(request: Request) -> bytes:
    """What was sent, as it came."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > LARGEST:
            raise _too_large()
        pieces.append(piece)
    return b"".join(pieces)


async def _taken(request: Request, here: Context, body: bytes, ns: int) -> Response:
    heard = await run_in_threadpool(_read, request, here, body, ns)
    if heard.items and not await _kept(here, heard.items):
        here.counters.inc("line_protocol_put_off")
        why = "the readings are not on disk: no room, or the disk does not answer; send them again"
        raise Said(503, why, {"Retry-After": str(RETRY_AFTER_S)})
    await run_in_threadpool(_count, request, here, heard)
    if heard.wrong:
        told = _told(heard.wrong)
        raise Said(400, f"partial write: {told} dropped=0" if heard.good else told)
    return Response(status_code=204)


def _read(request: Request, here: Context, body: bytes, ns: int) -> Heard:
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding not in ("gzip", "identity"):
        raise Said(400, f"the content encoding {encoding[:20]} is not known here: use gzip or none")
    lines: Lines = request.app.state.lines
    try:
        return lines.heard(_unpacked(body) if encoding == "gzip" else body, ns, here.clock.now())
    except TooMuch as much:
        raise Said(413, f"more than {MOST} lines or fields in one request: send smaller batches") from much


def _unpacked(body: bytes) -> bytes:
    """The content of gzip's members, one behind the other."""
    pieces, size = [], 0
    while body:
        packed = zlib.decompressobj(wbits=31)
        try:
            piece = packed.decompress(body, LARGEST + 1 - size)
        except zlib.error as broken:
            raise Said(400, "gzipped HTTP body contains an invalid header or is damaged") from broken
        size += len(piece)
        if size > LARGEST:
            raise _too_large()
        if not packed.eof:
            raise Said(400, "unexpected EOF: the gzipped body is cut off")
        pieces.append(piece)
        body = packed.unused_data
    return b"".join(pieces)


def _too_large() -> Said:
    return Said(413, f"Request Entity Too Large: more than {LARGEST} bytes, as it comes or unpacked")


async def _kept(here: Context, items: Sequence[Item]) -> bool:
    """Whether they are on disk."""
    if here.intake is None:
        return False
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def durable() -> None:
        with suppress(RuntimeError):  # the web has ended meanwhile
            loop.call_soon_threadsafe(done.set)

    if not here.intake.offer(items, durable):
        return False
    try:
        await asyncio.wait_for(done.wait(), DURABLE_WITHIN_S)
    except TimeoutError:
        return False
    return True


def _count(request: Request, here: Context, heard: Heard) -> None:
    readings = sum(not isinstance(item, Announcement) for item in heard.items)
    here.counters.heard(LINE_PROTOCOL, heard.lines, readings)
    now, topic = here.clock.now(), f"{request.url.path} by {request.state.writer}"
    for wrong in heard.wrong:
        payload = wrong.line.encode(errors="surrogateescape")
        here.counters.bad(bad_frame(LINE_PROTOCOL, topic, payload, wrong.why, at=now, offset=wrong.offset))


def _told(wrong: Sequence[Wrong]) -> str:
    def lines() -> Iterable[str]:
        for each in wrong[:_TOLD]:
            line = each.line.encode(errors="surrogateescape").decode(errors="replace")
            yield f"unable to parse '{line[:_TOLD_CHARS]}': {each.why}"
        if len(wrong) > _TOLD:
            yield f"and {len(wrong) - _TOLD} more lines"

    return "\n".join(lines())
