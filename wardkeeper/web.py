"""Serves the screens and what watches a collector: one uvicorn worker, and plain words when the port is taken."""

import signal
import socket
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette

from collector.errors import WardkeeperError
from wardkeeper.sections import Web


class PortTaken(WardkeeperError):
    """Something else listens there already."""


def address(web: Web, port: int | None = None) -> str:
    """What people type into a browser."""
    if web.url:
        return web.url.rstrip("/")
    host = "127.0.0.1" if web.host in {"0.0.0.0", "::"} else web.host  # noqa: S104 - what was configured, not a default
    return f"http://{f'[{host}]' if ':' in host else host}:{port or web.port}"


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, so that a port that cannot be had is known before anything else starts. 0 picks one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends at once only on what says that it is TCP; else an answer in two parts waits 40 ms between them
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"Port {port} on {host} cannot be used: {error.strerror}. "
            f"Stop what uses it, or choose another, for example --port {port + 1}."
        ) from error
    listener.listen(128)
    return listener


def serve(app: Starlette, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; call `ready` once requests are answered."""

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        ws_per_message_deflate=False,
        ws_max_size=65_536,
        lifespan="on",
        timeout_graceful_shutdown=3,
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1",
    )
    # uvicorn raises the signal again when it is done; what must still be closed needs the process alive
    kept = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        Server(config).run(sockets=[listener])
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
