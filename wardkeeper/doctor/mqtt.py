"""MQTT brokers: whether they let Wardkeeper in, and how much they keep for it when it is slow or away.

The limits are tried out with some thousand small messages on a topic of the doctor's own, not retained, under client
ids of its own: the running link is not disturbed. `--gentle` leaves that out.
"""

from collections.abc import Iterator, Sequence

from paho.mqtt.client import topic_matches_sub

from collector.errors import ConfigError, Refused, Unreachable
from drivers.dialects import Dialects, open_dialects
from drivers.links import limits
from drivers.links.mqtt import Config
from wardkeeper.checkup import Case, Finding, Trouble, on_this_machine, unseen, well

ON_THE_WAY, KEPT = 1000, 1500
"""How many messages are tried: mosquitto's defaults are 20 and 1,000."""
ENOUGH_ON_THE_WAY = 500

NO_BROKER = Trouble(
    "mqtt.no-broker",
    "No connection to the broker comes about.",
    "Check that the broker runs and listens on that address (not only on 127.0.0.1 of its own machine), host and port "
    "of the link, and the network and firewalls between.",
)
NO_TLS = Trouble(
    "mqtt.tls",
    "TLS with the broker does not come about, so nothing is sent.",
    "`tls.ca` must name the authority that signed the broker's certificate, `host` must be a name in that certificate, "
    "and the port must be the broker's TLS port (8883 as a rule). docs/tls.md has an example.",
)
REFUSED = Trouble(
    "mqtt.refused",
    "The broker answers and does not let this user in.",
    "Check `username` and the file that `password` names, and the broker's own log: it says which of them it refused.",
)
DEAF = Trouble(
    "mqtt.filters",
    "The broker refuses topics that this link is to listen to: nothing of them will ever be heard.",
    "Let the user read these topics in the broker's access list, or leave their dialect out of the link.",
)
OPEN = Trouble(
    "mqtt.plain",
    "The password goes over the network as plain text, and so does everything the devices say.",
    "Give the broker a certificate and the link `tls`; docs/tls.md has an example.",
)
FEW_ON_THE_WAY = Trouble(
    "mqtt.max_inflight_messages",
    "The broker waits for confirmations after a few messages. Wardkeeper confirms what is on disk, so this many "
    "messages a sync of the disk is all that gets through.",
    "For mosquitto: `max_inflight_messages 1000` in mosquitto.conf, then restart it. Elsewhere the setting is called "
    "receive maximum, inflight window or the like.",
)
FEW_KEPT = Trouble(
    "mqtt.max_queued_messages",
    "While Wardkeeper is away (an upgrade, a restart) the broker keeps this many messages and throws the rest away.",
    "For mosquitto: `max_queued_messages 0` and a limit in bytes, `max_queued_bytes 1073741824`, in mosquitto.conf, "
    "then restart it. With `persistence true` it also keeps them when it is restarted itself.",
)
FORGETFUL = Trouble(
    "mqtt.session",
    "The broker forgets who was connected: whatever is sent while Wardkeeper is away is lost.",
    "Let the broker keep sessions of clients that ask for it (MQTT clean session off); for mosquitto check "
    "`persistent_client_expiration`. The embedded broker cannot: it is for trying things out.",
)

DROPPED = Trouble(
    "mqtt.dropped",
    "The broker has thrown messages away since it was started: the queue of a client that was away or slow was full. "
    "It does not say whose; what doctor tried out before counts too.",
    "Let it keep more (mqtt.max_queued_messages), and see on the page Inputs whether it goes on. It counts from its "
    "own start.",
)


def look(case: Case) -> Iterator[Finding]:
    """Every link of this kind."""
    for name, config in case.links("mqtt"):
        if config.password is not None and config.tls is None and not on_this_machine(config.host):
            yield OPEN.at(name, f"The password goes to {config.host} without TLS")
        try:
            yield from _visit(case, name, config)
        except (ConfigError, limits.Untrusted) as trouble:
            yield NO_TLS.at(name, str(trouble))
        except Unreachable as trouble:
            yield NO_BROKER.at(name, str(trouble))
        except Refused as trouble:
            yield REFUSED.at(name, f"{config.host}:{config.port} says: {trouble}")


def _visit(case: Case, name: str, config: Config) -> Iterator[Finding]:
    filters = list(dict.fromkeys([*Dialects(open_dialects(config.dialects)).filters, *config.topics]))
    case.say(f"{name}: signing in")
    welcome = limits.welcome(name, config, filters)
    broker = f"{welcome.version or 'The broker'} at {config.host}:{config.port}"
    if welcome.refused:
        yield DEAF.at(name, f"{broker} refuses {', '.join(welcome.refused)}")
    else:
        yield well(name, f"{broker} lets us in and listen to all {len(filters)} topics")
    if welcome.dropped:
        yield DROPPED.at(name, f"It has thrown away {welcome.dropped:,} messages since its start")
    yield from _limits(case, name, config, filters)


def _limits(case: Case, name: str, config: Config, filters: Sequence[str]) -> Iterator[Finding]:
    folder = f"wardkeeper/{config.client_id or f'wardkeeper-{name}'}/doctor"
    if case.gentle:
        yield unseen(name, "Its limits were not tried out: --gentle")
        return
    ours = [one for one in filters if topic_matches_sub(one, f"{folder}/x")]
    if ours:
        yield unseen(name, f"Its limits were not tried out: the running link listens to {ours[0]} and would hear it")
        return
    try:
        yield _on_the_way(case, name, config, folder)
        yield _kept(case, name, config, folder)
    except limits.Silenced:
        yield unseen(name, f"Its limits were not tried out: the broker hands nothing on below {folder}/#. Allow that")


def _on_the_way(case: Case, name: str, config: Config, folder: str) -> Finding:
    case.say(f"{name}: trying how many messages may be on the way")
    count = limits.on_the_way(name, config, folder, ON_THE_WAY)
    if count < ENOUGH_ON_THE_WAY:
        return FEW_ON_THE_WAY.at(name, f"Only {count} messages may be on the way at once")
    return well(name, f"{_at_least(count, ON_THE_WAY)} messages may be on the way at once")


def _kept(case: Case, name: str, config: Config, folder: str) -> Finding:
    case.say(f"{name}: trying how many messages it keeps for who is away")
    count = limits.kept(name, config, folder, KEPT)
    if not count:
        return FORGETFUL.at(name, "It kept nothing for a session that was away")
    if count < KEPT:
        return FEW_KEPT.at(name, f"It kept {count:,} of {KEPT:,} messages for a session that was away")
    return well(name, f"{_at_least(count, KEPT)} messages are kept for a session that is away")


def _at_least(count: int, tried: int) -> str:
    return f"At least {count:,}" if count == tried else f"{count:,}"
