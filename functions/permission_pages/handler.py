"""The door behind the links in mails, the opt-out of sale, and what the site says under /.well-known."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from shared import telemetry
from shared.adapters import aws, aws_mail
from shared.domain.enrolment import plans_from
from shared.domain.errors import RejectedInput, TryAgain
from shared.journeys.permissions import Permissions
from shared.settings import compiled_agreement, from_environment
from shared.sources import page_forms
from shared.web import cors, gateway, pages, problems, well_known
from shared.web.permission_replies import Pages

SETTINGS = from_environment()
COMPILED = compiled_agreement()
ORIGINS = frozenset(origin for form in COMPILED["forms"] for origin in form["allowed_origins"])


@cache
def permissions() -> Permissions:
    store, keyring = aws_mail.permissions(SETTINGS), aws.keyring(SETTINGS)
    countries = frozenset(COMPILED["proof"]["text"]["countries"] if SETTINGS.sms_origin else ())
    plans = plans_from(COMPILED["definitions"])
    return Permissions(store, keyring, COMPILED["jurisdictions"], aws.now, aws.dice, aws.pause, countries, plans)


def opt_out(request: gateway.Request) -> gateway.Reply:
    """The same answer for everybody (11 CCR 7026: no verification); any page that holds a form of ours may ask."""
    return _opted_out(request).with_headers(cors.for_any_of(ORIGINS, request.header("origin")))


def _opted_out(request: gateway.Request) -> gateway.Reply:
    if request.method == "OPTIONS":
        return gateway.Reply(204, headers=cors.PREFLIGHT)
    if request.method != "POST":
        return problems.method_not_allowed("POST, OPTIONS")
    try:
        contact = page_forms.contact_point(request.body(), request.header("content-type"))
        permissions().opt_out_of_sale(contact)
    except Exception as error:  # the answer must carry its allowance, or the page's script cannot read it
        telemetry.failed(error)
        return problems.from_error(error)
    return gateway.Reply(202, '{"recorded": true}', {"Content-Type": "application/json"})


PAGES = Pages(permissions, pages.catalogue(COMPILED["pages"]))
DOORS: dict[str, Callable[[gateway.Request], gateway.Reply]] = {
    "/v1/confirm/{token}": PAGES.confirm,
    "/c/{token}": PAGES.confirm,
    "/v1/preferences/{token}": PAGES.preferences,
    "/u/{token}": PAGES.leave,
    "/v1/privacy/opt-out": opt_out,
    "/.well-known/gpc.json": lambda _request: well_known.gpc(COMPILED["site"]),
    "/.well-known/security.txt": lambda _request: well_known.security(COMPILED["site"]),
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    request = gateway.read(event)
    if request.method == "GET" and request.path_parameters.get("token") == pages.STYLE_NAME:
        return gateway.Reply(200, pages.STYLE, pages.STYLE_HEADERS).as_event()
    try:
        return DOORS[event["resource"]](request).as_event()
    except Exception as error:  # the last line of defence: nobody gets a traceback, and an operator sees it
        telemetry.failed(error)
        return _sorry(request, error).as_event()


def _sorry(request: gateway.Request, error: Exception) -> gateway.Reply:
    if "token" not in request.path_parameters:
        return problems.from_error(error)
    if isinstance(error, RejectedInput):
        return PAGES.told(request, "odd", problems.from_error(error).status)
    return PAGES.told(request, "busy", 503 if isinstance(error, TryAgain) else 500)
