"""What the browser and a trusted edge say beside the form: Global Privacy Control and the viewer's country."""

from __future__ import annotations

import hmac

from shared.domain.submission import Signals
from shared.web.gateway import Request


def of(request: Request, edge_secret: str) -> Signals:
    """`Sec-GPC` exactly as sent; the country only when the request came through our own edge (shared secret header)."""
    country = request.header("cloudfront-viewer-country") if _came_through_edge(request, edge_secret) else None
    return Signals(gpc=request.headers.get("sec-gpc", ()), edge_country=country)


def _came_through_edge(request: Request, edge_secret: str) -> bool:
    shown = request.header("x-edge-secret") or ""
    return bool(edge_secret) and hmac.compare_digest(shown.encode("utf-8", "replace"), edge_secret.encode("utf-8"))
