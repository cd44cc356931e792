"""Flat form bodies: what browsers write is read, anything looser is malformed."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.sources.form_bodies import multipart, urlencoded
from tests.sources.builders import BOUNDARY, multipart_body, rejection, urlencoded_body

NAMES = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)

PART = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
END = b"--b--\r\n"


@settings(deadline=None)
@given(st.dictionaries(NAMES, TEXTS, min_size=1, max_size=8))
def test_urlencoding_there_and_back_changes_nothing(pairs: dict[str, str]) -> None:
    assert urlencoded(urlencoded_body(pairs)) == pairs


def test_plus_is_a_space_and_percent_2b_a_plus() -> None:
    assert urlencoded(b"a=1+2%2B3&b=") == {"a": "1 2+3", "b": ""}


def test_a_nul_escape_is_left_for_the_text_rules() -> None:
    assert urlencoded(b"a=%00") == {"a": "\x00"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"a=%ff", "not_utf8"),
        (b"%ff=a", "not_utf8"),
        (b"a=\xff", "not_utf8"),
        (b"a=%ed%a0%80", "not_utf8"),
        (b"a=%", "bad_pair"),
        (b"a=%4", "bad_pair"),
        (b"a=%zz", "bad_pair"),
        (b"a=%u0041", "bad_pair"),
        (b"a", "bad_pair"),
        (b"a=1&", "bad_pair"),
        (b"&a=1", "bad_pair"),
        (b"a=1&&b=2", "bad_pair"),
        (b"a=1&a=2", "duplicate_key"),
        (b"a=1&%61=1", "duplicate_key"),
        (b"\xef\xbb\xbfa=1", "byte_order_mark"),
    ],
)
def test_a_sloppy_urlencoded_body_is_malformed(body: bytes, code: str) -> None:
    assert rejection(urlencoded, body) == ("malformed_body", {("", code)})


@pytest.mark.parametrize("count", [59, 60])
def test_sixty_pairs_are_read(count: int) -> None:
    pairs = {f"m{n}": "1" for n in range(count)}

    assert urlencoded(urlencoded_body(pairs)) == pairs
    assert multipart(multipart_body(pairs, "b"), "b") == pairs


@pytest.mark.parametrize("count", [61, 62, 2000])
def test_the_sixty_first_pair_is_refused(count: int) -> None:
    pairs = {f"m{n}": "1" for n in range(count)}

    assert rejection(urlencoded, urlencoded_body(pairs))[1] == {("", "too_many_members")}
    assert rejection(multipart, multipart_body(pairs, "b"), "b")[1] == {("", "too_many_members")}


@settings(deadline=None)
@given(st.dictionaries(NAMES, TEXTS, min_size=1, max_size=8))
def test_multipart_there_and_back_changes_nothing(pairs: dict[str, str]) -> None:
    assert multipart(multipart_body(pairs), BOUNDARY) == pairs


@settings(deadline=None)
@given(st.dictionaries(NAMES, st.text("abc 123-", max_size=20), min_size=1, max_size=6))
def test_the_email_parser_of_python_reads_the_same_parts(pairs: dict[str, str]) -> None:
    body = multipart_body(pairs)
    head = f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    message = BytesParser(policy=HTTP).parsebytes(head.encode() + body)

    theirs = {part.get_param("name", header="content-disposition"): part.get_payload() for part in message.iter_parts()}

    assert multipart(body, BOUNDARY) == theirs


@pytest.mark.parametrize(
    "part",
    [
        b'Content-Disposition: form-data; name="a"\r\n\r\n1',
        b"content-disposition: form-data; name=a\r\n\r\n1",
        b'Content-Disposition:form-data;name="a"\r\nContent-Type: text/plain\r\n\r\n1',
        b'Content-Type: text/plain; charset=UTF-8\r\nContent-Disposition: form-data; name="a"\r\n\r\n1',
        b'Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: 8bit\r\nContent-Length: 1\r\n\r\n1',
    ],
)
def test_ordinary_clients_are_understood(part: bytes) -> None:
    assert multipart(b"--b\r\n" + part + b"\r\n--b--", "b") == {"a": "1"}


def test_text_that_looks_like_a_boundary_inside_a_line_stays_text() -> None:
    body = PART.replace(b"1", b"x --b y") + END

    assert multipart(body, "b") == {"a": "x --b y"}


DISPOSITION = b'Content-Disposition: form-data; name="a"\r\n'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "bad_part"),
        (b"hello", "bad_part"),
        (b"preamble\r\n" + PART + END, "bad_part"),
        (b"\r\n" + PART + END, "bad_part"),
        (PART.replace(b"1", b"--b\r\n1") + END, "bad_part"),
        (PART, "unterminated"),
        (PART + b"--b", "unterminated"),
        (PART + b"--b-", "unterminated"),
        (PART + END + b"epilogue", "unterminated"),
        (PART + PART + END, "duplicate_key"),
        (b"--b\n" + PART[5:] + END, "bad_part"),
        (b"--bc\r\n" + PART[5:] + END, "bad_part"),
        (b"--b\r\n\r\n1\r\n" + END, "bad_part"),
        (b"--b\r\n" + DISPOSITION + END, "bad_part"),
        (b"--b\r\nnonsense\r\n\r\n1\r\n" + END, "bad_part"),
        (b"--b\r\nContent-Type: text/plain\r\n\r\n1\r\n" + END, "bad_part"),
        (b"--b\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n" + END, "bad_part"),
        (b'--b\r\nContent-Disposition: form-data; name="a"; name="b"\r\n\r\n1\r\n' + END, "bad_part"),
        (b"--b\r\n" + DISPOSITION + DISPOSITION + b"\r\n1\r\n" + END, "duplicate_key"),
        (b"--b\r\nX: \xff\r\n\r\n1\r\n" + END, "not_utf8"),
        (PART.replace(b"1", b"\xff") + END, "not_utf8"),
        (b"--b\r\n" + DISPOSITION + b"Content-Type: text/plain; charset=latin-1\r\n\r\n1\r\n" + END, "bad_part"),
        (b"--b\r\n" + DISPOSITION + b"Content-Type: multipart/mixed; boundary=c\r\n\r\n1\r\n" + END, "bad_part"),
        (b"--b\r\n" + DISPOSITION + b"Content-Transfer-Encoding: base64\r\n\r\nMQ==\r\n" + END, "bad_part"),
        (b'--b\r\nContent-Disposition: form-data; name="a"; filename="x.txt"\r\n\r\n1\r\n' + END, "file_part"),
        (b"--b\r\nContent-Disposition: form-data; name=a; filename*=UTF-8''x\r\n\r\n1\r\n" + END, "file_part"),
        (
            b'--b\r\nContent-Disposition: form-data; name="a"; filename="x"\r\nContent-Type: image/png\r\n\r\n1\r\n'
            + END,
            "file_part",
        ),
    ],
)
def test_a_sloppy_multipart_body_is_malformed(body: bytes, code: str) -> None:
    assert rejection(multipart, body, "b") == ("malformed_body", {("", code)})


@pytest.mark.parametrize("length", [1, 69, 70])
def test_boundaries_of_up_to_seventy_characters_are_read(length: int) -> None:
    assert multipart(multipart_body({"a": "1"}, "b" * length), "b" * length) == {"a": "1"}


@pytest.mark.parametrize("boundary", ["", "b" * 71, "b b", "b\r\n", "bé", 'b"', "b;c"])
def test_an_impossible_boundary_is_malformed(boundary: str) -> None:
    assert rejection(multipart, multipart_body({"a": "1"}, boundary), boundary)[1] == {("", "boundary")}
