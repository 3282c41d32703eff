"""The web application: finds its pages and resources by file; every route says whom it admits, or it does not start.

A file in `dashboards/pages` or `dashboards/api` with a `router` is all a new page or resource needs; no list names it.
The database is synchronous, so whatever touches it is a plain `def`, which FastAPI runs in its thread pool. Only what
waits on sockets (`live.py`, `write.py`, the gate in `access.py`) is `async`, and hands its database work to a thread.
"""

import importlib
import pkgutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from types import ModuleType

from fastapi import APIRouter, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware

from dashboards import access, api, health, live, pages, problems, write
from dashboards.context import Context
from dashboards.files import DIRECTORY, StampedFiles
from dashboards.headers import SecurityHeaders
from dashboards.imports import Imports
from dashboards.render import Templates

API = "/api/v1"
BODY_LIMIT = 2 * 1024 * 1024
"""Bytes of a request. The portal's photos and the imports set their own, larger one on their router."""


def create_app(context: Context) -> FastAPI:
    """The application around running parts. Raises RuntimeError when a route does not say whom it admits."""
    app = assembled(context.version)
    equip(app, context)
    return app


def equip(app: FastAPI, context: Context) -> None:
    """Give an application the parts it is to show."""
    app.state.context = context
    app.state.templates = Templates(context, app.state.files)
    app.state.live = live.Live(context)
    app.state.lines = write.lines_of(context)
    app.state.imports = Imports(context)


def assembled(version: str) -> FastAPI:
    """The routes, around nothing yet. Raises RuntimeError when one does not say whom it admits."""
    app = FastAPI(
        title="Wardkeeper",
        version=version,
        openapi_url=None,  # served by dashboards/api/schema.py: it, too, says whom it admits
        docs_url=None,  # its scripts would come from a CDN
        redoc_url=None,
        lifespan=_lifespan,
        max_body_size=BODY_LIMIT,
    )
    app.state.files = StampedFiles(DIRECTORY)
    app.mount("/static/{stamp}", app.state.files, name="static")
    for router in _routers(pages):
        app.include_router(router, include_in_schema=False)
    for router in _routers(api):
        app.include_router(router, prefix=API, responses=problems.RESPONSES)
    app.include_router(health.router, include_in_schema=False)
    app.include_router(live.router)
    app.include_router(write.router, include_in_schema=False)
    problems.install(app)
    write.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    app.add_middleware(SecurityHeaders)
    access.declared(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with app.state.live.running():
        yield
    await run_in_threadpool(app.state.imports.close)


def _routers(package: ModuleType) -> Iterator[APIRouter]:
    """The `router` of every module of a package, by name."""
    for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
        module = importlib.import_module(f"{package.__name__}.{found.name}")
        router = getattr(module, "router", None)
        if isinstance(router, APIRouter):
            yield router
