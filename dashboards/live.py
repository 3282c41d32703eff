"""`/ws/live`: one WebSocket a page, one ticker and one encoding for all of them.

Three times a second each client is sent one JSON text, even when nothing changed: a page that hears nothing for 3 s
shows that it is stale.

    {"t": "2026-11-24T06:42:10.500Z", "v": 8123,
     "fixes":   {asset_id: [room_id or null, confidence, ms]},
     "rooms":   {room_id: {metric: [value, ms, "ok" | "out" | "old" | "none" | ""]}},      "": not judged
     "states":  {room_id: ["high" | "medium" | "", "ok" | "out" | "old" | "none", sentence]},
     "devices": {device_id: {metric: [value, ms]}},        no vitals
     "alarms":  {"high": 2, "medium": 3, "low": 2, "changed": [alarm_id]},
     "tickets": {"open": 16, "changed": [ticket_id]}}

`t` is the house's clock and `v` how far the readings have come; a part without news is left out. The first message has
`"hello": true`, all counts, and every reading changed since `?since=V`: a page connects with the `v` it was rendered
at (`live_version` in templates) or heard last, and so misses nothing while it was away. A client that cannot keep up is
caught up the same way instead of being sent every message. Served with `ws_per_message_deflate=False`.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import msgspec
from fastapi import APIRouter, Query, WebSocket
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect, WebSocketState

from collector.supervisor import Supervised
from dashboards.access import READERS, STAFF, identify
from dashboards.context import Context
from dashboards.live_view import DeskWatch, View, view_of

BEHIND = 8
"""Messages that may wait for a client before it is caught up instead."""
ADMITTED_AGAIN_S = 30
"""How often a socket's session is looked up again, so that signing out ends it."""
SIGNED_OUT = 4401
"""The close code of a socket whose session has ended."""

router = APIRouter(dependencies=[STAFF])


def stamp(moment: datetime) -> str:
    """ISO 8601, UTC, milliseconds."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Client:
    """What waits for one browser. `version` is how far the last message it was sent had come."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.behind = False
        self.waiting: deque[tuple[int, str]] = deque()
        self.woken = asyncio.Event()

    def put(self, version: int, text: str) -> None:
        """Queue a message; when too many wait, drop them all: one message will catch up with them."""
        if len(self.waiting) >= BEHIND:
            self.waiting.clear()
            self.behind = True
        if not self.behind:
            self.waiting.append((version, text))
        self.woken.set()


class Live:
    """The ticker and its clients."""

    def __init__(self, context: Context) -> None:
        self.clients: set[Client] = set()
        self.ticker: Supervised | None = None
        self._here = context
        self._desk = DeskWatch()
        self._version = context.latest.version
        self._encode = msgspec.json.Encoder().encode

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tick until the end of the block, in a thread that is started again when it fails."""
        loop = asyncio.get_running_loop()
        self.ticker = Supervised("live", lambda stop: self._run(stop, loop), self._here.clock)
        self.ticker.start()
        try:
            yield
        finally:
            await run_in_threadpool(self.ticker.stop)

    def _run(self, stop: threading.Event, loop: asyncio.AbstractEventLoop) -> None:
        while not stop.wait(self._here.live_every_s):  # the pace of eyes: real seconds, whatever the clock's speed
            loop.call_soon_threadsafe(self._spread, *self.tick())

    def _spread(self, version: int, text: str) -> None:
        for client in self.clients:
            client.put(version, text)

    def tick(self) -> tuple[int, str]:
        """What changed since the last tick, for everybody. Asks the database."""
        version, readings = self._here.latest.changed_since(self._version)
        self._version = version
        view = view_of(self._here, readings) if self.clients else {}
        return version, self._text(version, {**view, **self._look()})

    def caught_up(self, version: int, *, hello: bool = False) -> tuple[int, str]:
        """What changed since `version`, for one client that has been away; with the counts as they stand."""
        if version > self._here.latest.version:
            version = 0  # of an earlier run of this process
        reached, readings = self._here.latest.changed_since(version)
        first: View = {"hello": True} if hello else {}
        return reached, self._text(reached, {**first, **view_of(self._here, readings), **self._desk.said})

    def _look(self) -> View:
        try:
            with self._here.database.read() as session:
                return self._desk.look(session, self._here.clock.now())
        except SQLAlchemyError:  # readings go on; /readyz says that the database is away
            return {}

    def _text(self, version: int, view: View) -> str:
        return self._encode({"t": stamp(self._here.clock.now()), "v": version, **view}).decode()

    async def send_to(self, socket: WebSocket, client: Client) -> None:
        """Send what waits, for as long as the session lasts."""
        loop = asyncio.get_running_loop()
        admitted_until = loop.time() + ADMITTED_AGAIN_S
        while socket.application_state is WebSocketState.CONNECTED:
            await client.woken.wait()
            client.woken.clear()
            if loop.time() > admitted_until:
                if not await run_in_threadpool(_still_admitted, socket):
                    await socket.close(SIGNED_OUT, "the session has ended")
                    return
                admitted_until = loop.time() + ADMITTED_AGAIN_S
            if client.behind:
                client.behind = False
                client.version, text = await run_in_threadpool(self.caught_up, client.version)
                await socket.send_text(text)
            while client.waiting:
                client.version, text = client.waiting.popleft()
                await socket.send_text(text)


def _still_admitted(socket: WebSocket) -> bool:
    with suppress(AttributeError):
        del socket.state.visitor
    visitor = identify(socket)
    return visitor is not None and visitor.may(*READERS)


@router.websocket("/ws/live")
async def live(socket: WebSocket, since: int | None = Query(default=None, ge=0)) -> None:
    """The live feed of one page."""
    feed: Live = socket.app.state.live
    await socket.accept()
    client = Client(socket.app.state.context.latest.version if since is None else since)
    feed.clients.add(client)
    try:
        client.version, hello = await run_in_threadpool(feed.caught_up, client.version, hello=True)
        await socket.send_text(hello)
        sending = asyncio.create_task(feed.send_to(socket, client))
        hearing = asyncio.create_task(_until_gone(socket))
        _done, pending = await asyncio.wait({sending, hearing}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        with suppress(asyncio.CancelledError, WebSocketDisconnect):
            await asyncio.gather(sending, hearing)
    except WebSocketDisconnect:
        pass
    finally:
        feed.clients.discard(client)


async def _until_gone(socket: WebSocket) -> None:
    """Pages only listen; whatever they say is let go."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
