"""A private D-Bus and the `org.bluez` on it, each in a process of its own, so that a test's own loop is free."""

import asyncio
import inspect
import multiprocessing
import os
import shutil
import subprocess
import time

TIMEOUT_S = 15


class Bus:
    """A `dbus-daemon`; `policy` is XML for its configuration, for a bus that lets nobody talk to BlueZ."""

    def __init__(self, folder, policy=""):
        self._socket = folder / "bus"
        self.address = f"unix:path={self._socket}"
        self._config = folder / "bus.conf"
        self._config.write_text(_BUS.format(address=self.address, policy=policy))
        self._process = None

    @staticmethod
    def there():
        return shutil.which("dbus-daemon") is not None

    def start(self):
        command = ["dbus-daemon", f"--config-file={self._config}", "--nofork", "--nopidfile", "--print-address"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout.readline()  # it says its address once it listens
        return self

    def stop(self):
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process.stdout.close()
            self._process = None
            self._socket.unlink(missing_ok=True)


_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>{address}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
    <allow user="*"/>
    {policy}
  </policy>
  <limit name="max_incoming_bytes">1000000000</limit>
  <limit name="max_outgoing_bytes">1000000000</limit>
  <limit name="max_message_size">1000000000</limit>
  <limit name="max_completed_connections">1000</limit>
  <limit name="max_connections_per_user">1000</limit>
  <limit name="max_match_rules_per_connection">5000</limit>
  <limit name="max_replies_per_connection">5000</limit>
</busconfig>
"""


class BluezProcess:
    """`tests.bluez.service.Bluez` in another process: every method of it can be called here."""

    def __init__(self, address):
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, address), daemon=True)
        self._process.start()
        theirs.close()
        self.start()

    def __getattr__(self, method):
        def call(*arguments, **named):
            self._pipe.send((method, arguments, named))
            assert self._pipe.poll(TIMEOUT_S), f"no answer to {method}{arguments}"
            trouble, answer = self._pipe.recv()
            assert trouble is None, trouble
            return answer

        return call

    def close(self):
        self._pipe.close()
        self._process.join(10)

    @property
    def pid(self):
        return self._process.pid


def _serve(pipe, address):
    os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = address
    asyncio.run(_answer(pipe))


async def _answer(pipe):
    from tests.bluez.service import Bluez

    service, loop = Bluez(), asyncio.get_running_loop()
    asked = asyncio.Event()
    loop.add_reader(pipe.fileno(), asked.set)
    while True:
        await asked.wait()
        asked.clear()
        if not pipe.poll():
            continue
        try:
            method, arguments, named = pipe.recv()
        except EOFError:
            return
        try:
            answer = getattr(service, method)(*arguments, **named)
            if inspect.isawaitable(answer):
                answer = await asyncio.wait_for(answer, TIMEOUT_S - 1)
        except Exception as trouble:  # noqa: BLE001 - it is raised where the test can see it
            pipe.send((f"{method}{arguments}: {trouble!r} {service.log()[-8:]}", None))
        else:
            pipe.send((None, answer))


def until(condition, seconds=10):
    """Ask until it is so: for what the service's own `wait` cannot know."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not so after {seconds} s"
        time.sleep(0.01)
