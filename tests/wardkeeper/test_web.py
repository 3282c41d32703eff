"""The listening socket."""

import asyncio
import socket

import pytest

from wardkeeper.web import PortTaken, listen


def test_an_answer_in_two_parts_does_not_wait_for_the_receipt_of_the_first():
    async def accepted() -> int:
        told = asyncio.get_running_loop().create_future()

        def took(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            told.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listener = listen("127.0.0.1", 0)
        async with await asyncio.start_server(took, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            delay_off: int = await told
            writer.close()
        return delay_off

    assert asyncio.run(accepted()) == 1


def test_a_port_that_is_taken_is_told():
    with listen("127.0.0.1", 0) as first, pytest.raises(PortTaken, match="cannot be used"):
        listen("127.0.0.1", first.getsockname()[1])
