"""The spool: how full it is, and whether somebody who reads it is far behind (docs/spool.md).

Its files are only looked at from outside: one is removed once every reader has it and `spool.keep_s` have passed.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from collector.segment import SUFFIX
from wardkeeper.checkup import Case, Finding, Trouble, well

FILLING = Trouble(
    "spool.filling",
    "The spool has used most of its quota. When it is full, links stop taking messages, and brokers have to keep them.",
    "See on the page Collector which reader is behind, and mend that: as a rule the server of a store is away. "
    "`wardkeeper doctor store` looks at it. For a longer absence raise `spool.quota_mb`.",
)
BEHIND = Trouble(
    "spool.behind",
    "A file of the spool is kept that was full long ago: a reader has not come past it, or Wardkeeper does not run.",
    "See on the page Collector which reader is behind and what went wrong with it last. A store that is no longer "
    "there is waited for until it leaves the settings.",
)

_FILLING = 0.7
_LONG = timedelta(minutes=10)
_GB = 1e9


def look(case: Case) -> Iterator[Finding]:
    """Quota, then the age of what is kept."""
    segments = sorted((case.settings.data / "spool").glob(f"*{SUFFIX}"))
    told = [segment.stat() for segment in segments]
    size, quota = sum(each.st_size for each in told), case.settings.spool.quota_mb << 20
    words = f"It takes {size / _GB:,.2f} GB of {quota / _GB:,.1f} GB"
    yield FILLING.at("", words) if size > _FILLING * quota else well("", words)
    waited = timedelta(0)
    if len(told) > 1:  # the last one is still written
        waited = case.clock.now() - datetime.fromtimestamp(told[0].st_mtime, UTC)
    if waited - timedelta(seconds=case.settings.spool.keep_s) > _LONG:
        yield BEHIND.at(segments[0].name, f"It was full {waited.total_seconds() / 60:,.0f} min ago and is still needed")
    else:
        yield well("", "No reader is known to be far behind")
