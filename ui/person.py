"""Whose browser it is: a random cookie tells one from another. It does not know what is kept for whom.

A cookie rather than the browser's storage: scripts cannot read it, and it is the same whichever port the page has.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "rag_browser"
_TOKEN = re.compile(r"[0-9a-f]{32}")
_YEAR = 365 * 24 * 3600


def owner_of(cookies: Mapping[str, str], username: str | None = None) -> str | None:
    """Return the name, 16 hexadecimal digits, under which things of this browser's person are kept; None without one.

    The cookie cannot be told from it, so it may stand in paths that others see.
    """
    token = cookies.get(COOKIE, "")
    if not _TOKEN.fullmatch(token):
        return None
    return hashlib.sha256(f"{username or ''}\0{token}".encode()).hexdigest()[:16]


class RememberBrowser:
    """Gives each browser that opens the page its cookie."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; set the cookie on the page itself where there is none."""
        if scope["type"] != "http" or scope["path"] not in ("", "/") or _has_token(scope):
            await self._app(scope, receive, send)
            return
        token = secrets.token_hex(16)

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                value = f"{COOKIE}={token}; Path=/; Max-Age={_YEAR}; HttpOnly; SameSite=Strict"
                message = {**message, "headers": [*message["headers"], (b"set-cookie", value.encode())]}
            await send(message)

        await self._app(scope, receive, with_cookie)


def _has_token(scope: Scope) -> bool:
    headers: Any = dict(scope["headers"])
    try:
        cookie = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1"))
    except CookieError:
        return False
    return COOKIE in cookie and bool(_TOKEN.fullmatch(cookie[COOKIE].value))
