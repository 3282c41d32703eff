"""Products that speak MiBeacon, by product id.

https://home-is-where-you-hang-your-hack.github.io/ble_monitor/by_brand and the table of
https://github.com/Bluetooth-Devices/xiaomi-ble.
"""

import msgspec

from drivers.codecs.devices import NOT_FOR_VACCINE, Device

_AIR = ("temperature", "humidity", "battery")
_PLANT = ("temperature", "moisture", "conductivity", "illuminance")
_DOOR = ("door_open", "battery")
_LOCK = ("locked", "door_open", "technical_alarm", "tamper", "battery")
_BUTTON = ("action", "battery_low")
_REMOTE = ("action",)
_MOTION = ("occupancy", "illuminance", "battery")
_SCALE = ("body_weight", "heart_rate", "body_impedance", "body_impedance_high")


class Product(msgspec.Struct, frozen=True):
    """`proven`: decoded from captured bytes of this model."""

    maker: str
    model: str
    measures: tuple[str, ...]
    proven: bool = False


def _xiaomi(model: str, measures: tuple[str, ...], *, proven: bool = False) -> Product:
    return Product("Xiaomi", model, measures, proven)


def _qingping(model: str, measures: tuple[str, ...], *, proven: bool = False) -> Product:
    return Product("Qingping", model, measures, proven)


def _linptech(model: str, measures: tuple[str, ...], *, proven: bool = False) -> Product:
    return Product("Linptech", model, measures, proven)


PRODUCTS = {
    0x0083: _xiaomi("YM-K1501", ("switch_on",)),
    0x0098: Product("HHCC", "HHCCJCY01", _PLANT, proven=True),
    0x00DB: _xiaomi("MMC-T201-1", ("battery", "device_temperature")),
    0x0113: _xiaomi("YM-K1501EU", ("switch_on",)),
    0x0153: Product("Yeelight", "YLYK01YL", _REMOTE, proven=True),
    0x015D: Product("HHCC", "HHCCPOT002", ("moisture", "conductivity")),
    0x01AA: _xiaomi("LYWSDCGQ", _AIR),
    0x02DF: Product("Honeywell", "JQJCY01YM", (*_AIR, "formaldehyde")),
    0x0347: _qingping("CGG1", _AIR),
    0x0380: Product("DESSMANN", "DSL-C08", _LOCK),
    0x0387: Product("Miaomiaoce", "MHO-C401", _AIR),
    0x0391: Product("Miaomiaoce", "MMC-W505", ("body_temp", "battery")),
    0x03B6: Product("Yeelight", "YLKG07YL/YLKG08YL", _REMOTE, proven=True),
    0x03BC: Product("VegTrug", "GCLS002", _PLANT, proven=True),
    0x03BF: Product("Yeelight", "YLYB01YL-BHFRC", _REMOTE),
    0x03D6: _qingping("CGH1", _DOOR, proven=True),
    0x03DD: _xiaomi("MUE4094RT", ("occupancy",)),
    0x040A: _xiaomi("WX08ZM", ("switch_on", "battery")),
    0x045B: _xiaomi("LYWSD02", _AIR),
    0x045C: Product("Viomi", "V-SK152", ("switch_on",)),
    0x04E1: _xiaomi("XMMF01JQD", _REMOTE),
    0x04E6: Product("Yeelight", "YLYK01YL-VENFAN", _REMOTE),
    0x04E9: _xiaomi("MJZNMSQ01YD", _LOCK),
    0x055B: _xiaomi("LYWSD03MMC", _AIR, proven=True),
    0x0576: _qingping("CGD1", _AIR),
    0x0599: _xiaomi("MJZNMS03LM", _LOCK),
    0x066F: _qingping("CGDK2", _AIR, proven=True),
    0x068E: Product("Yeelight", "YLYK01YL-FANCL", _REMOTE),
    0x069E: Product("Aqara", "ZNMS16LM", _LOCK),
    0x069F: Product("Aqara", "ZNMS17LM", _LOCK),
    0x06D3: Product("Miaomiaoce", "MHO-C303", _AIR),
    0x0784: _xiaomi("XMZNMS04LM", _LOCK),
    0x07BF: Product("Yeelight", "YLAI003", _BUTTON, proven=True),
    0x07F6: Product("Yeelight", "MJYD02YL", ("occupancy", "battery")),
    0x0863: Product("Aqara", "SJWS01LM", ("leak", "action", "battery"), proven=True),
    0x098B: _xiaomi("MCCGQ02HL", _DOOR),
    0x098C: _xiaomi("XMZNMST02YD", _LOCK),
    0x0997: Product("Honeywell", "JTYJGD03MI", ("smoke", "sensor_fault", "action", "battery"), proven=True),
    0x0A83: _qingping("CGPR1", _MOTION),
    0x0A8D: Product("Aqara", "RTCGQ02LM", ("occupancy", "action", "battery"), proven=True),
    0x0B48: _qingping("CGG1-M", _AIR, proven=True),
    0x0C3C: _qingping("CGC1", _AIR),
    0x0DFD: _linptech("K9B-3BTN", _REMOTE),
    0x0E39: _xiaomi("XMZNMS08LM", _LOCK, proven=True),
    0x11C2: Product("Lockin", "SV40", _LOCK, proven=True),
    0x1203: _xiaomi("XMWSDJ04MMC", _AIR),
    0x1568: _linptech("K9B-1BTN", _REMOTE),
    0x1569: _linptech("K9B-2BTN", _REMOTE),
    0x16E4: _xiaomi("LYWSD02MMC", _AIR),
    0x1889: _linptech("MS1BB", (*_DOOR, "tamper", "action"), proven=True),
    0x1949: _xiaomi("XMWXKG01YL", _BUTTON),
    0x1C10: _linptech("K9BB-1BTN", _BUTTON),
    0x2387: _xiaomi("XMWXKG01LM", _BUTTON),
    0x2542: _xiaomi("LYWSD02MMC", _AIR, proven=True),
    0x2832: _xiaomi("MJWSD05MMC", _AIR),
    0x2AEB: _linptech("HS1BB", (*_MOTION, "battery_low"), proven=True),
    0x30D9: _xiaomi("MJTZC01YM", _SCALE),
    0x3531: _xiaomi("XMPIRO2SXS", _MOTION),
    0x38BB: Product("PTX", "YK1-QMIMB", _BUTTON),
    0x3A61: _linptech("KS1", _BUTTON, proven=True),
    0x3BD5: _xiaomi("MJTZC01YM", _SCALE, proven=True),
    0x3E17: _linptech("KS1BP", (*_BUTTON, "temperature", "humidity")),
    0x3F0F: _linptech("RS1BB", ("leak", "battery"), proven=True),
    0x3F4C: _linptech("PS1BB", ("occupancy", "battery"), proven=True),
    0x4683: _xiaomi("XMOSB01XS", _MOTION, proven=True),
    0x48CF: _xiaomi("MJTZC01YM", _SCALE),
    0x4B05: _xiaomi("MJTZC03YM", _SCALE),
    0x4C60: _xiaomi("XMPIRO2GSXS", _MOTION),
    0x4F59: _qingping("CGDK3", _AIR),
    0x50FB: _linptech("ES3", ("occupancy",), proven=True),
    0x520B: _linptech("KS2BB", (*_BUTTON, "temperature", "humidity"), proven=True),
    0x55B5: _xiaomi("MJWSD06MMC", _AIR),
    0x5968: _xiaomi("XMWS01XS", _BUTTON, proven=True),
    0x5BEA: _xiaomi("MJWSD06MMC", _AIR),
    0x5DB1: _xiaomi("MBS17", _AIR),
    0x6A0F: _linptech("ES5BB", ("occupancy",), proven=True),
    0x78D1: _xiaomi("MC-COMM", _DOOR),
    0x78DB: Product("Yanmi", "ESM787", _AIR, proven=True),
}
"""By product id."""


def devices() -> tuple[Device, ...]:
    """Each model once, its proof that of any of its product ids."""
    found: dict[tuple[str, str], Device] = {}
    for product in PRODUCTS.values():
        of = (product.maker, product.model)
        known = found.get(of)
        proven = product.proven or bool(known and known.proven)
        found[of] = Device(
            *of, product.measures, NOT_FOR_VACCINE if "temperature" in product.measures else "", proven=proven
        )
    return tuple(found.values())
