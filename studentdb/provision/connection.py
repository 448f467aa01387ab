"""The last look before a request leaves, on the connection itself.

Between botocore's `before-send` and the network a connection may have to be made, and other threads get their turn. A
process that is stopped just there would send after it goes on what it was allowed to send long ago.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import HTTPClientError

from studentdb.errors import StudentDBError

# Bytes that the operating system takes from a connection without making it wait: all but files and code.
_AT_ONCE = 16_000


def check_on_the_wire(client: Any, check: Callable[[], None]) -> None:
    """Call `check` before each piece of a request that this client sends; what it raises keeps the request back."""
    # botocore offers no event this late; its own pools are replaced by children of themselves.
    session = client._endpoint.http_session
    try:
        pools = {scheme: _checked(pool, check) for scheme, pool in session._pool_classes_by_scheme.items()}
        # The first is for proxies, which get their manager later.
        session._pool_classes_by_scheme = session._manager.pool_classes_by_scheme = pools
    except AttributeError:
        # A botocore that is built otherwise: the check before each attempt remains. A test tells us.
        return


def kept_back(error: Exception) -> StudentDBError | None:
    """What `check` raised, which botocore takes for a failure of the network."""
    cause = error.kwargs.get("error") if isinstance(error, HTTPClientError) else None
    return cause if isinstance(cause, StudentDBError) else None


def _checked(pool: Any, check: Callable[[], None]) -> Any:
    connection = pool.ConnectionCls

    def send(self: Any, data: Any) -> Any:
        if self.sock is None:
            self.connect()
        if not isinstance(data, bytes) or len(data) > _AT_ONCE:
            check()
            return connection.send(self, data)
        sock, timeout = self.sock, self.sock.gettimeout()
        # With a timeout Python first waits until the socket takes something, and then for the other threads.
        sock.settimeout(None)
        try:
            check()
            return connection.send(self, data)
        finally:
            sock.settimeout(timeout)

    own = type(connection.__name__, (connection,), {"send": send})
    return type(pool.__name__, (pool,), {"ConnectionCls": own})
