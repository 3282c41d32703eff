"""The `org.bluez` of the tests against bleak, unmodified: what the tests of the link stand on."""

import asyncio
import os

import pytest
from bleak import BleakClient, BleakScanner
from bleak.args.bluez import OrPattern
from bleak.exc import BleakError

TAG = "C0:FF:EE:00:00:01"


def run(coroutine):
    asyncio.run(asyncio.wait_for(coroutine, 20))


async def told(bluez, method, *arguments, **named):
    return await asyncio.to_thread(lambda: getattr(bluez, method)(*arguments, **named))


def test_an_active_scan_hears_everything_an_advertisement_says(bluez):
    async def scan():
        heard = asyncio.Queue()
        async with BleakScanner(lambda device, advert: heard.put_nowait((device, advert))):
            said = {"name": "Ruuvi", "manufacturer": {0x0499: b"\x05\x12"}, "service_data": {"fcd2": b"\x40\x02"}}
            assert await told(bluez, "advertise", TAG, -50, uuids=["180d"], tx_power=4, **said)
            device, advert = await heard.get()
            assert (device.address, device.name, advert.rssi, advert.tx_power) == (TAG, "Ruuvi", -50, 4)
            assert advert.manufacturer_data == {0x0499: b"\x05\x12"}
            assert advert.service_data == {"0000fcd2-0000-1000-8000-00805f9b34fb": b"\x40\x02"}
            assert advert.service_uuids == ["0000180d-0000-1000-8000-00805f9b34fb"]

    bluez.add_adapter()
    assert not bluez.advertise(TAG)
    run(scan())
    assert not bluez.scanning()


def test_what_did_not_change_is_told_again_only_where_duplicates_are_asked_for(bluez):
    async def scan(duplicates):
        async with BleakScanner(lambda _device, _advert: None, bluez={"filters": {"DuplicateData": duplicates}}):
            await told(bluez, "advertise", TAG, -50, manufacturer={0x0499: b"\x05"})
            return await told(bluez, "advertise", TAG, -50, manufacturer={0x0499: b"\x05"})

    bluez.add_adapter()
    assert [asyncio.run(scan(duplicates)) for duplicates in (False, True)] == [False, True]


def test_a_passive_scan_hears_what_its_patterns_name(bluez):
    async def scan():
        heard = asyncio.Queue()
        ruuvi = {"or_patterns": [OrPattern(0, 0xFF, b"\x99\x04")]}
        async with BleakScanner(lambda _, advert: heard.put_nowait(advert), scanning_mode="passive", bluez=ruuvi):
            await told(bluez, "wait", "count", "scan on", "hci0", is_=1)
            assert not await told(bluez, "advertise", TAG, manufacturer={0x004C: b"\x02"})
            assert await told(bluez, "advertise", TAG, manufacturer={0x0499: b"\x05"})
            assert (await heard.get()).manufacturer_data == {0x0499: b"\x05"}

    bluez.add_adapter()
    run(scan())


def test_read_notify_indicate_and_link_loss(bluez):
    async def connect():
        device = await BleakScanner.find_device_by_address(TAG, timeout=5)
        gone, values = asyncio.Event(), asyncio.Queue()
        client = BleakClient(device, disconnected_callback=lambda _: gone.set())
        await client.connect()
        assert bytes(await client.read_gatt_char("2a29")) == b"ACME"
        for one in ("2a37", "2a1c"):
            await client.start_notify(one, lambda what, data: values.put_nowait((what.uuid[4:8], bytes(data))))
            assert await told(bluez, "notify", TAG, one, b"\x00\x48")
            assert await values.get() == (one, b"\x00\x48")
        assert not await told(bluez, "advertise", TAG)
        await told(bluez, "drop", TAG)
        await gone.wait()
        assert not client.is_connected

    bluez.add_adapter()
    services = [("180d", [("2a37", ["notify"], b"")]), ("1809", [("2a1c", ["indicate"], b"")])]
    bluez.peripheral(TAG, [*services, ("180a", [("2a29", ["read"], b"ACME")])])
    bluez.beacon(TAG)
    run(connect())


def test_connects_fail_as_told_and_a_strict_adapter_refuses_while_it_scans(bluez):
    async def connect(*, scanning):
        device = await BleakScanner.find_device_by_address(TAG, timeout=5)
        scanner = BleakScanner()
        if scanning:
            await scanner.start()
        async with BleakClient(device):
            pass

    bluez.add_adapter(strict=True)
    bluez.peripheral(TAG, [])
    bluez.beacon(TAG)
    with pytest.raises(BleakError, match="InProgress"):
        run(connect(scanning=True))
    bluez.fault(TAG, "org.bluez.Error.Failed", "br-connection-page-timeout")
    with pytest.raises(BleakError, match="page-timeout"):
        run(connect(scanning=False))
    run(connect(scanning=False))


def test_an_adapter_and_the_daemon_come_and_go(bluez):
    def scan():
        run(BleakScanner.discover(timeout=0.1))

    with pytest.raises(BleakError):
        scan()
    bluez.add_adapter()
    scan()
    bluez.power(on=False)
    with pytest.raises(BleakError):
        scan()
    bluez.power(on=True)
    bluez.stop()
    with pytest.raises(BleakError):
        scan()
    bluez.start()
    scan()
    bluez.remove_adapter()
    with pytest.raises(BleakError):
        scan()
    assert os.environ["DBUS_SYSTEM_BUS_ADDRESS"].startswith("unix:path=")
