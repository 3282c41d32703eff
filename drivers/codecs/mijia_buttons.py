"""Buttons, remotes, dimmers and cubes of Xiaomi and its partners: what a press says, which differs between models.

Xiaomi, document "Mijia BLE Object Definition", "Key event", and the public decoder
https://github.com/Bluetooth-Devices/xiaomi-ble. The metric is `action`, of the second button `action/2`.
"""

from collections.abc import Callable, Iterator

Said = Iterator[tuple[str, str]]
Reader = Callable[[bytes, str], Said]

_PRESSES = {0: "press", 1: "double_press", 2: "long_press", 3: "triple_press", 5: "press", 6: "long_press"}
_K9B_PRESSES = {0: "press", 1: "long_press", 2: "double_press"}
_K9BB_PRESSES = {1: "press", 8: "long_press", 15: "double_press"}
_SEVERAL = {
    "K9B-2BTN": {0: (1,), 1: (2,), 2: (1, 2)},
    "K9B-3BTN": {0: (1,), 1: (2,), 2: (3,), 3: (1, 2), 4: (2, 3), 5: (1, 3), 6: (1, 2, 3)},
}
"""Buttons that are pressed at once, by what the message says."""
_REMOTES = ("YLYK01YL", "YLYB01YL")


def _on(which: int) -> str:
    return "action" if which == 1 else f"action/{which}"


def button(data: bytes, model: str) -> Said:
    """Which button, how far (of a dimmer), and how it was pressed."""
    index, value, kind = data[0], data[1], data[2]
    if model == "XMMF01JQD":
        if index in {0, 1}:
            yield "action", "rotate_left" if index else "rotate_right"
    elif model.startswith("YLKG07YL"):
        yield from _dimmer(index, value, kind)
    elif model.startswith("K9B-"):
        for one in _SEVERAL.get(model, {}).get(index, (1,)) if kind in _K9B_PRESSES else ():
            yield _on(one), _K9B_PRESSES[kind]
    elif kind in _PRESSES:
        yield _on(index + 1 if model.startswith(_REMOTES) else 1), _PRESSES[kind]


def _dimmer(index: int, value: int, kind: int) -> Said:
    if kind == 3 and index in {0, 1}:
        yield "action", "long_press" if index else "press"
    elif kind == 4:
        steps = index or value  # turned while pressed: the steps are where the button was
        way = "rotate_right" if steps < 0x80 else "rotate_left"
        yield "action", f"{way}_pressed" if index else way


def press(kind: str) -> Reader:
    """A message for each kind of press; of two buttons, 3 stands for both."""

    def read(data: bytes, model: str) -> Said:
        pressed = data[0] if data else 0
        if model == "XMWS01XS":
            yield _on(pressed + 1), kind
        elif model == "XMWXKG01YL":
            for one in (1, 2):
                if pressed & one:
                    yield _on(one), kind
        elif model in {"KS1", "KS1BP"}:
            if 1 <= pressed <= 4:
                yield _on(pressed), kind
        elif model == "K9BB-1BTN":
            if pressed in _K9BB_PRESSES:
                yield "action", _K9BB_PRESSES[pressed]
        else:
            yield "action", kind

    return read
