"""The port that a site is reached at: what somebody typed, whether it is free, and when the site answers there."""

import socket
import time

FIRST_ORDINARY, LAST = 1024, 65535  # below the first, only root is served


def port_number(words: str) -> int:
    """A port as somebody typed it."""
    if not words.isdecimal() or not 1 <= int(words) <= LAST:
        raise SystemExit(f"{words!r} is not a port: a number from 1 to {LAST}, for example  make run PORT=8001")
    return int(words)


def insist_on_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SystemExit(
                f"port {port} cannot be had ({error.strerror}); choose another:  make run PORT={_another(port)}"
            ) from error


def _another(port: int) -> int:
    """One to try instead, which an ordinary account may have."""
    return port + 1 if FIRST_ORDINARY <= port < LAST else 8001


def wait_for(address: str) -> None:
    """Until the site answers its health page; the proxy that leads out of this machine is not asked."""
    import urllib.request

    here = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(240):
        try:
            with here.open(f"{address}/health/", timeout=2):
                return
        except OSError:  # an answer that says no is one too
            time.sleep(0.25)
    raise SystemExit("the site did not answer within a minute")
