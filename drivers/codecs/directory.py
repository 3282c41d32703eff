"""Which topic carries what, as far as devices have announced it: the memory of the dialects that need discovery."""

from collections.abc import Sequence

from collector.errors import BadFrame
from collector.metrics import METRICS
from collector.ports import Decoded
from collector.reading import Announcement, Frame, Reading
from drivers.codecs.discovery import Availability, Config, Entity, Path
from drivers.codecs.json_values import parse, plain
from drivers.codecs.waiting import Waiting

_MOST = 20_000  # entities of one link


class Directory:
    """Everything announced on one link, and the states that came before their configs."""

    def __init__(self) -> None:
        self._configs: dict[str, Config] = {}
        self._of: dict[str, set[str]] = {}
        self._entities: dict[str, dict[str, list[Entity]]] = {}
        self._available: dict[str, dict[str, list[Availability]]] = {}
        self._state: dict[str, dict[str, bool]] = {}
        self._facts: dict[str, dict[str, str]] = {}
        self._claims: dict[tuple[str, str], list[Entity]] = {}
        self._several: set[tuple[str, str]] = set()
        self._count = 0
        self._waiting = Waiting()

    def announce(self, frame: Frame, config: Config) -> list[Decoded]:
        """Take a config: who it is, when that is new, and what its topics have said already. Raises BadFrame."""
        self.forget(frame.topic)
        if len(self._configs) >= _MOST or self._count + len(config.entities) > _MOST:
            raise BadFrame(f"More than {_MOST} entities are announced")
        self._count += len(config.entities)
        self._configs[frame.topic] = config
        self._of.setdefault(config.device, set()).add(frame.topic)
        for entity in config.entities:
            self._entities.setdefault(entity.topic, {}).setdefault(frame.topic, []).append(entity)
            self._claim(entity)
        for one in config.availability:
            self._available.setdefault(one.topic, {}).setdefault(frame.topic, []).append(one)
        results: list[Decoded] = []
        if config.facts and self._facts.get(config.device) != config.facts:
            self._facts[config.device] = config.facts
            results.append(Announcement(config.device, config.facts, frame.received))
        topics = {one.topic for one in config.entities} | {one.topic for one in config.availability}
        results += self._caught_up(topics)
        return results

    def forget(self, topic: str) -> None:
        """The config at `topic` is gone."""
        old = self._configs.pop(topic, None)
        if old is None:
            return
        self._count -= len(old.entities)
        self._of[old.device].discard(topic)
        for entity in old.entities:
            self._entities[entity.topic].pop(topic, None)
            self._claims[entity.device, entity.metric].remove(entity)
        for one in old.availability:
            self._available[one.topic].pop(topic, None)

    def decode(self, frame: Frame) -> list[Reading]:
        """What a state topic says. Raises BadFrame."""
        entities = [one for ones in self._entities.get(frame.topic, {}).values() for one in ones]
        available = [one for ones in self._available.get(frame.topic, {}).values() for one in ones]
        if not entities and not available:
            self._waiting.keep(frame)
            return []
        found: dict[tuple[str, str], Reading] = {}
        words = plain(frame.payload)
        paths = [one.path for one in entities] + [one.path for one in available]
        whole = parse(frame.payload) if any(path is not None for path in paths) else None
        for one in sorted(entities, key=lambda entity: entity.convert is not None):  # of two units the metric's own
            value = one.value(words if one.path is None else _at(whole, one.path))
            if value is not None and type(value) is METRICS[one.metric].kind:
                device = one.apart if (one.device, one.metric) in self._several else one.device
                found.setdefault((device, one.metric), frame.reading(device, one.metric, value))
        for device in dict.fromkeys(one.device for one in available):
            said = self._is_there(device, [one for one in available if one.device == device], whole, words)
            if said is not None:
                found.setdefault((device, "available"), frame.reading(device, "available", said))
        return list(found.values())

    def _claim(self, entity: Entity) -> None:
        """Two probes of one name are told apart; one quantity in two units is not two."""
        key = entity.device, entity.metric
        others = self._claims.setdefault(key, [])
        if any(
            (one.topic, one.path) != (entity.topic, entity.path)
            and (one.topic != entity.topic or (one.convert is None) is (entity.convert is None))
            for one in others
        ):
            self._several.add(key)
        others.append(entity)

    def _is_there(self, device: str, ones: Sequence[Availability], whole: object, words: str) -> bool | None:
        """Whether a device is there by all its topics, by any of them or by the latest, as it announced."""
        state, latest = self._state.setdefault(device, {}), None
        for one in ones:
            said = one.words.get(str(words if one.path is None else _at(whole, one.path)).strip().lower())
            if said is not None:
                state[one.topic] = latest = said
        mine = [self._configs[topic] for topic in self._of[device]]
        topics = {one.topic for config in mine for one in config.availability}
        mode = next(config.mode for config in mine)
        known = [state[topic] for topic in topics if topic in state]
        if mode == "latest" or len(topics) == 1 or latest is None:
            return latest
        decisive = mode == "any"  # one of them is enough for this
        if decisive in known:
            return decisive
        return not decisive if len(known) == len(topics) else None

    def _caught_up(self, topics: set[str]) -> list[Reading]:
        results: list[Reading] = []
        for frame in self._waiting.take(topics):
            try:
                results += self.decode(frame)
            except BadFrame:  # of a message that nobody can be told of any more
                continue
        return results


def _at(whole: object, path: Path) -> object:
    for step in path:
        if isinstance(whole, dict) and isinstance(step, str):
            whole = whole.get(step)
        elif isinstance(whole, list) and isinstance(step, int) and step < len(whole):
            whole = whole[step]
        else:
            return None
    return whole
