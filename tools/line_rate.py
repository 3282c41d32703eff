"""How many lines of line protocol one core reads in a second, and a server takes: `python -m tools.line_rate`.

`parsed` and `written` are for `wardkeeper bench`, too.
"""

import gzip
import statistics
import time
from base64 import b64encode
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Final
from urllib.parse import urlsplit

from collector.influx.heard import Lines

ROUNDS = 7
LINES = 5_000
HEARD: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)
_NS = 1_795_502_520_000_000_000


def own(site: str = "linden", first: int = 0) -> bytes:
    """Lines as a Wardkeeper at the edge writes them: 500 devices, a value each."""
    at = _NS // 10**6 + first * LINES
    return "".join(
        f"environment,site={site},device=mqtt:bench/bed-{n % 500:04} temperature={20 + n % 70 / 10!r} {at + n}\n"
        for n in range(LINES)
    ).encode()


def telegraf(first: int = 0) -> bytes:
    """Lines as Telegraf writes them: 30 machines with 4 cores, three values each, in nanoseconds."""
    at = _NS + first * LINES * 10**8
    return "".join(
        f"cpu,cpu=cpu{n % 4},host=ward-{n % 30} usage_idle=9{n % 10}.5,usage_system=1.25,usage_user=2i "
        f"{at + n // 10 * 10**9}\n"
        for n in range(LINES)
    ).encode()


def parsed(body: bytes, ns: int, rounds: int = ROUNDS) -> float:
    """Lines a second of the processor's time, made into readings."""
    lines, took = Lines("linden"), []
    for _ in range(rounds):
        begin = time.process_time()
        heard = lines.heard(body, ns, HEARD)
        took.append(time.process_time() - begin)
        assert not heard.wrong  # noqa: S101 - else it would not be what it measures
    return LINES / statistics.median(took)


def written(url: str, token: str, bodies: list[bytes], precision: str) -> float:
    """Lines a second that a server takes, one request after the other, each on its disk before it answers."""
    address = urlsplit(url)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=30)
    basic = b64encode(f"bench:{token}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Encoding": "gzip"}
    packed = [gzip.compress(body, 1) for body in bodies]
    begin = time.perf_counter()
    for body in packed:
        connection.request("POST", f"/write?db=bench&precision={precision}", body, headers)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 204:
            raise RuntimeError(f"{url} says {answer.status}: {said.decode(errors='replace')}")
    took = time.perf_counter() - begin
    connection.close()
    return sum(body.count(b"\n") for body in bodies) / took


def main() -> None:
    """Print a line for each kind."""
    for name, body, ns in (("as store.influx writes", own(), 10**6), ("as Telegraf writes", telegraf(), 1)):
        print(f"{name:24}{parsed(body, ns):>10,.0f} lines/s")


if __name__ == "__main__":
    main()
