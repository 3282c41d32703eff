"""An edge box, or one of several collectors: links, spool, stores and forwarding, watched over HTTP."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from collector.clock import Clock
from collector.errors import ConfigError
from collector.exposition import OPENMETRICS, TEXT, exposition, openmetrics_wanted
from collector.supervisor import Status, Supervised
from wardkeeper.collecting import Collecting, stop
from wardkeeper.figures import figures
from wardkeeper.heartbeat import NAME as HEARTBEAT
from wardkeeper.heartbeat import heartbeat_of
from wardkeeper.settings import MAIN_STORE, Settings

_LONGEST_PAUSE_S = 5.0
_LATE_S = 15.0


def stores_of(settings: Settings) -> Mapping[str, Mapping[str, Any]]:
    """The stores that the file names itself: an edge that only forwards keeps no points."""
    named = {MAIN_STORE: settings.store} if "store" in settings.model_fields_set else {}
    return {**named, **settings.stores}


class Edge:
    """All parts of the process. `start` runs them; `stop` ends them in the order in which nothing is lost."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Opens what is on disk; nothing runs yet. Raises ConfigError or Unreachable."""
        stores = stores_of(settings)
        if not stores and settings.forward is None:
            raise ConfigError("Nobody would get what is heard: give `forward`, or a `store`")
        self.collecting = Collecting(settings, clock, stores)
        targets = [*self.collecting.targets(), *self.collecting.listening()]
        if heartbeat := heartbeat_of(settings, self.collecting, self._statuses, clock):
            targets.append((HEARTBEAT, heartbeat.run))
        self._services = [Supervised(name, target, clock, longest_s=_LONGEST_PAUSE_S) for name, target in targets]

    def _statuses(self) -> list[Status]:
        return [service.status for service in self._services]

    def start(self) -> None:
        """Run everything."""
        for service in self._services:
            service.start()

    def stop(self) -> None:
        """End it in the order in which nothing is lost."""
        stop(self._services)
        self.collecting.close()

    def troubles(self) -> dict[str, str]:
        """What does not work, by name. Only words: the page is public."""
        collecting = self.collecting
        found: dict[str, str] = {
            service.name: service.status.state for service in self._services if service.status.state != "running"
        }
        found |= {f"link {link.name}": link.status.state for link in collecting.links if link.status.state != "up"}
        late = [(runner.name, runner.lag.seconds) for runner in collecting.runners if runner.lag.seconds > _LATE_S]
        found |= {name: f"is {seconds:.0f} s behind" for name, seconds in late}
        return found | ({"spool": "is full"} if collecting.spool.fullness >= 1 else {})

    def app(self) -> Starlette:
        """`/healthz`, `/readyz` and `/metrics`, as those of `serve`."""

        def alive(_request: Request) -> Response:
            return PlainTextResponse("ok\n")

        def ready(_request: Request) -> Response:
            troubles = self.troubles()
            return JSONResponse({"ready": not troubles, "troubles": troubles}, 503 if troubles else 200)

        def metrics(request: Request) -> Response:
            openmetrics = openmetrics_wanted(request.headers.get("accept", ""))
            told = figures(self.collecting, self._statuses(), version("wardkeeper"))
            text = exposition(told, openmetrics=openmetrics)
            return Response(text, media_type=OPENMETRICS if openmetrics else TEXT)

        return Starlette(routes=[Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", metrics)])
