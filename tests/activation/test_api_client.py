"""HTTP answers, sorted."""

from __future__ import annotations

import time

import pytest
import requests
from airflow.providers.common.compat.sdk import Connection
from martech.activation.api_client import ApiClient, base_url, json_of, retry_after
from martech.activation.changes import FatalError, TransientError
from martech.activation.rate_limit import RateLimit
from martech.alerts.masking import masked

from tools.destinations.braze import BrazeServer
from tools.destinations.server import Faults


def response(status: int, body: bytes = b"", **headers: str) -> requests.Response:
    answer = requests.Response()
    answer.status_code = status
    answer._content = body
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return answer


def test_retry_after_reads_what_destinations_say():
    assert retry_after(response(503, Retry_After="7")) == 7
    assert retry_after(response(503, Retry_After="Wed, 21 Oct 2026 07:28:00 GMT")) is None
    assert retry_after(response(429, X_RateLimit_Reset=str(time.time() + 5))) == pytest.approx(5, abs=1)
    assert retry_after(response(200, X_RateLimit_Reset=str(time.time() + 5))) is None
    assert retry_after(response(429, X_RateLimit_Reset=str(time.time() - 5))) == 0


@pytest.mark.parametrize(
    "kind",
    ["throttled", "server_error", "unavailable", "reset_before", "reset_after", "timeout_before", "truncated_after"],
)
def test_what_may_pass_is_transient_and_quotes_no_secret(kind):
    with BrazeServer() as server, requests.Session() as session:
        server.faults = Faults(rate=1.0, kinds=(kind,), hang_seconds=0.4)
        client = ApiClient(
            "Braze", server.url, session=session, authorize=lambda _: {"Authorization": "Bearer s3cret"},
            rate_limit=RateLimit(100, 1), timeout_seconds=0.2,
        )  # fmt: skip
        with pytest.raises(TransientError) as error:
            client.call("POST", "/users/track", json={"attributes": []})
        assert "s3cret" not in str(error.value)
        assert error.value.__cause__ is None


def test_a_page_that_is_not_json_is_transient():
    with pytest.raises(TransientError, match="not JSON"):
        json_of(response(200, b"<html>"), "Braze")


def test_the_address_of_a_connection():
    assert (
        base_url(Connection(conn_id="c", conn_type="http", host="rest.iad-01.braze.com"))
        == "https://rest.iad-01.braze.com"
    )
    assert (
        base_url(Connection(conn_id="c", conn_type="http", host="http://127.0.0.1", port=81)) == "http://127.0.0.1:81"
    )
    with pytest.raises(FatalError, match="connection c has no host"):
        base_url(Connection(conn_id="c", conn_type="http"))


def test_messages_of_destinations_are_masked():
    assert masked("bad value ann@example.com, +1 (800) 555-0100") == "bad value [email], [number]"
    assert len(masked("x" * 2000)) == 500
    assert masked("value too large: 1987-03-14 and 14.3.1987") == "value too large: [day] and [day]"


def test_what_a_record_was_sent_with_is_masked_in_its_message():
    values = ["Anna-Lena Müller", "Hauptstraße 5", "A", 87.5, None, "sql"]
    quoted = "data value too large: ANNA-LENA MÜLLER, Hauptstraße 5 (max length=10); grade A, MySQL"
    assert masked(quoted, values) == "data value too large: [value], [value] (max length=10); grade A, MySQL"
