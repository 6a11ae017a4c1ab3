"""Who may in: one name and password, for people by Gradio's form, for programs by HTTP Basic. It knows no documents.

Comparing takes as long whatever is wrong, and whoever was wrong too often waits before the next try is looked at.
"""

import base64
import binascii
import hmac
import ipaddress
import threading
import time
from collections.abc import Callable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .mcp_endpoint import PATH

MOST_WRONG = 5
"""Wrong passwords from one address within `WINDOW_S` before it has to wait."""
WINDOW_S = 60.0
_MOST_ADDRESSES = 10_000
NOTE = f"After {MOST_WRONG} wrong passwords, wait a minute."

Credentials = tuple[str, str]


def checked_by(user: str, password: str) -> Callable[[str, str], bool]:
    """Return a check of a name and a password that takes as long whatever is wrong with them."""

    def check(given_user: str, given_password: str) -> bool:
        right_user = hmac.compare_digest(given_user.encode("utf-8", "replace"), user.encode())
        right_password = hmac.compare_digest(given_password.encode("utf-8", "replace"), password.encode())
        return right_password and right_user

    return check


class WrongPasswords:
    """Counts wrong passwords by the address they came from. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nobody was wrong yet; `clock` gives seconds."""
        self._clock = clock
        self._at: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    def wait_s(self, address: str) -> float:
        """Return how many seconds `address` has to wait before it may try again; 0 when it need not."""
        with self._lock:
            recent = self._recent(address)
            return recent[-MOST_WRONG] + WINDOW_S - self._clock() if len(recent) >= MOST_WRONG else 0.0

    def note(self, address: str) -> None:
        """Count one more wrong password."""
        with self._lock:
            if len(self._at) >= _MOST_ADDRESSES:  # forget those that need not wait any more, else the oldest
                self._at = {key: times for key in list(self._at) if (times := self._recent(key))}
                if len(self._at) >= _MOST_ADDRESSES:
                    self._at.pop(next(iter(self._at)))
            self._at[_network(address)] = [*self._recent(address), self._clock()][-MOST_WRONG:]

    def take_back(self, address: str) -> None:
        """Count one less: it was right after all."""
        with self._lock:
            self._at[_network(address)] = self._recent(address)[:-1]

    def _recent(self, address: str) -> list[float]:
        since = self._clock() - WINDOW_S
        return [at for at in self._at.get(_network(address), ()) if at > since]


def _network(address: str) -> str:
    """Return the address, of IPv6 the network that one household has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))


class Gate:
    """Asks programs for name and password, and lets nobody guess them; the page's own form is Gradio's."""

    def __init__(self, app: ASGIApp, credentials: Credentials, wrong: WrongPasswords) -> None:
        """Guard `app`."""
        self._app = app
        self._check = checked_by(*credentials)
        self._wrong = wrong

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on or refuse it."""
        path = scope["path"].rstrip("/") if scope["type"] == "http" else ""
        if path not in ("/login", PATH):
            await self._app(scope, receive, send)
            return
        address = scope["client"][0] if scope.get("client") else ""
        if (seconds := self._wrong.wait_s(address)) > 0:
            refusal = JSONResponse(
                {"detail": f"Too many wrong passwords. Wait {seconds:.0f} seconds."},
                status_code=429,
                headers={"Retry-After": str(int(seconds) + 1)},
            )
            await refusal(scope, receive, send)
        elif path == PATH:
            await self._programs(address, scope, receive, send)
        else:
            self._wrong.note(address)  # before it is looked at: a hundred at once are a hundred
            await self._app(scope, receive, self._taking_back(address, send))

    async def _programs(self, address: str, scope: Scope, receive: Receive, send: Send) -> None:
        given = _basic(dict(scope["headers"]).get(b"authorization", b""))
        if given and self._check(*given):
            await self._app(scope, receive, send)
            return
        if given:
            self._wrong.note(address)
        refusal = JSONResponse(
            {"detail": "Name and password are missing or wrong."},
            status_code=401,
            headers={"WWW-Authenticate": 'Basic realm="rag", charset="UTF-8"'},
        )
        await refusal(scope, receive, send)

    def _taking_back(self, address: str, send: Send) -> Send:
        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                self._wrong.take_back(address)
            await send(message)

        return noted


def _basic(header: bytes) -> Credentials | None:
    """Return the name and password of an `Authorization` header (RFC 7617), None where there are none."""
    kind, _, value = header.partition(b" ")
    if kind.lower() != b"basic":
        return None
    try:
        user, colon, password = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if colon else None
