"""Three calls to S3: list first versions, get one, put an object that is not there yet; signed, by `http.client`.

The first version, because Object Lock keeps that one: a later version or a delete marker may lie over it.

A sibling of the small transport, which speaks JSON by POST only. It runs once a day, so it keeps no connection.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from shared.adapters.transport import Credentials, authorization, stamp_of
from shared.domain.errors import CannotHappen, TryAgain

SECONDS = 20.0
UNRESERVED = "-_.~"
VERSION = re.compile(r"<Version>(.*?)</Version>", re.DOTALL)
MARKERS = {"NextKeyMarker": "key-marker", "NextVersionIdMarker": "version-id-marker"}
CODE = re.compile(r"<Code>(\w+)</Code>")
CONDITION_FAILED, BEING_WRITTEN = 412, 409


class Answer(NamedTuple):
    status: int
    data: bytes


@dataclass(frozen=True, slots=True)
class S3Objects:
    """The objects of one bucket. `url` is the bucket's own address, or an emulator's with the bucket as its path."""

    url: str
    region: str
    credentials: Credentials
    clock: Callable[[], datetime]

    def first_versions(self, prefix: str) -> dict[str, str]:
        """The id of the first version of every object whose key starts so, deleted or not."""
        return dict(self._versions(prefix))  # S3 lists newer versions of a key before older ones

    def get(self, key: str, version: str) -> bytes:
        return self._good("GET", key, {"versionId": version}).data

    def _versions(self, prefix: str) -> Iterator[tuple[str, str]]:
        query = {"prefix": prefix, "versions": ""}
        while True:
            text = self._good("GET", "", query).data.decode()
            yield from ((_inside("Key", one), _inside("VersionId", one)) for one in VERSION.findall(text))
            if _inside("IsTruncated", text) != "true":
                return
            query |= {asked: _inside(name, text) for name, asked in MARKERS.items()}

    def put_new(self, key: str, body: bytes, headers: Mapping[str, str]) -> bool:
        """False when there is such an object already; then it stays as it is."""
        checksum = base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")
        own = {"content-type": "application/json", "if-none-match": "*", "x-amz-checksum-sha256": checksum}
        answer = self._call("PUT", key, {}, {**own, **headers}, body)
        if answer.status == CONDITION_FAILED:
            return False
        _check(answer)
        return True

    def _good(self, method: str, key: str, query: Mapping[str, str]) -> Answer:
        answer = self._call(method, key, query, {}, b"")
        _check(answer)
        return answer

    def _call(self, method: str, key: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> Answer:
        parts = urlsplit(self.url)
        path = quote(f"{parts.path.rstrip('/')}/{key}", safe=f"/{UNRESERVED}")
        asked = urlencode(sorted(query.items()), quote_via=quote, safe=UNRESERVED)
        signed = self._signed(method, path, asked, parts.netloc, headers, body)
        door = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = door(parts.netloc, timeout=SECONDS)
        try:
            connection.request(method, f"{path}?{asked}" if asked else path, body, signed)
            reply = connection.getresponse()
            return Answer(reply.status, reply.read())
        except (OSError, HTTPException):
            raise TryAgain("s3 is out of reach") from None
        finally:
            connection.close()

    def _signed(
        self, method: str, path: str, query: str, host: str, headers: Mapping[str, str], body: bytes
    ) -> dict[str, str]:
        token = {"x-amz-security-token": self.credentials.token} if self.credentials.token else {}
        own = {
            "host": host,
            "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
            "x-amz-date": stamp_of(self.clock()),
        }
        ordered = dict(sorted({**headers, **own, **token}.items()))
        signature = authorization(ordered, body, "s3", self.region, self.credentials, path, method, query)
        return {**ordered, "authorization": signature}


def _inside(name: str, text: str) -> str:
    found = re.search(f"<{name}>([^<]*)</{name}>", text)
    return html.unescape(found[1]) if found else ""


def _check(answer: Answer) -> None:
    if answer.status == 200:
        return
    found = CODE.search(answer.data.decode("utf-8", "replace"))
    code = found[1] if found else f"http-{answer.status}"
    if answer.status >= 500 or answer.status == BEING_WRITTEN or code in ("SlowDown", "RequestTimeout"):
        raise TryAgain(f"s3: {code}")
    raise CannotHappen(f"s3: {code}")
