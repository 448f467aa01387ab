"""The last look before a request leaves, on the connection itself.

Between botocore's `before-send` and the network a connection may have to be made, and other threads get their turn. A
process that is stopped just there would send after it goes on what it was allowed to send long ago.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakMethod

from botocore.exceptions import HTTPClientError

from studentdb.errors import StudentDBError, UnavailableError

# Bytes that the operating system takes from a connection without making it wait: all but files and code.
_AT_ONCE = 16_000


def check_on_the_wire(client: Any, check: Callable[[], None]) -> None:
    """Call `check` before each piece of a request that this client sends; what it raises keeps the request back.

    Its object has to live as long as the client, as the owner of one of the client's handlers does.
    """
    # urllib3's list of connections to close at the end would keep all that they know, whole clients, until then.
    weak: Callable[[], Callable[[], None] | None] = WeakMethod(check)
    # botocore offers no event this late; its own pools are replaced by children of themselves.
    session = client._endpoint.http_session
    try:
        pools = {scheme: _checked(pool, weak) for scheme, pool in session._pool_classes_by_scheme.items()}
        # The first is for proxies, which get their manager later.
        session._pool_classes_by_scheme = session._manager.pool_classes_by_scheme = pools
    except AttributeError:
        # A botocore that is built otherwise: the check before each attempt remains. A test tells us.
        return


def kept_back(error: Exception) -> StudentDBError | None:
    """What `check` raised, which botocore takes for a failure of the network."""
    cause = error.kwargs.get("error") if isinstance(error, HTTPClientError) else None
    return cause if isinstance(cause, StudentDBError) else None


def _checked(pool: Any, weak: Callable[[], Callable[[], None] | None]) -> Any:
    connection = pool.ConnectionCls

    def check() -> None:
        found = weak()
        if found is None:
            raise UnavailableError("a request was to be sent for a client that is gone", hint="run the command again")
        found()

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
