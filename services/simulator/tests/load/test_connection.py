import socket

import pytest

from simulator.load.connection import ConnectionFailedError, connect


async def test_a_host_that_does_not_answer_is_given_up_in_time() -> None:
    with socket.socket() as listening, socket.socket() as first, socket.socket() as second:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address = listening.getsockname()
        for waiting in (first, second):  # they fill the queue that nobody takes from
            waiting.setblocking(False)
            waiting.connect_ex(address)
        with pytest.raises(ConnectionFailedError, match="in time"):
            await connect(address[0], address[1], timeout_s=0.1)


async def test_a_host_that_refuses_is_named(unused_tcp_port: int) -> None:
    with pytest.raises(ConnectionFailedError, match="can't connect: Connection refused"):
        await connect("127.0.0.1", unused_tcp_port, timeout_s=5)
