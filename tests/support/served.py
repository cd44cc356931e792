"""A small HTTP server in a thread of its own, for as long as a block lasts, however the block ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseServer

JOIN_SECONDS = 5


@contextmanager
def serving(server: BaseServer) -> Iterator[str]:
    """Gives the server's address. The thread is a daemon: a test that goes wrong keeps no run from ending."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(JOIN_SECONDS)
