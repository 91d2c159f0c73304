"""The local destinations as a program: started, filled, summed up."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from include.activation.declared_syncs import load_syncs
from tools.destinations.__main__ import StateFile
from tools.destinations.server import Faults

REPOSITORY = Path(__file__).resolve().parents[2]


def command(name: str, path: Path) -> list[str]:
    return [sys.executable, "-m", "tools.destinations", name, "--connections", str(path)]


def test_serve_writes_connections_and_summary_shows_what_came(tmp_path):
    path = tmp_path / "local" / "destinations.json"
    with subprocess.Popen(command("serve", path), cwd=REPOSITORY, stdout=subprocess.DEVNULL) as server:
        try:
            deadline = time.monotonic() + 60
            while not path.exists():
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
            connections = json.loads(path.read_text())
            assert set(connections) == {sync.connection for sync in load_syncs()}
            assert path.stat().st_mode & 0o077 == 0
            braze = connections["braze_default"]
            answer = requests.post(
                f"{braze['host']}/users/track",
                json={"attributes": [{"external_id": "b1", "health_score": 1.0}]},
                headers={"Authorization": f"Bearer {braze['password']}"},
                timeout=10,
            )
            assert answer.status_code == 201
            assert requests.post(f"{braze['host']}/_faults", json={"rate": 1, "kinds": ["server_error"]}, timeout=10).ok
            assert requests.post(f"{braze['host']}/users/track", timeout=10).status_code == 500
            summary = subprocess.run(
                command("summary", path), cwd=REPOSITORY, capture_output=True, text=True, check=True
            )
        finally:
            server.terminate()
    rows = [line.split() for line in summary.stdout.splitlines()]
    assert rows[0] == ["destination", "object", "holds", "deliveries", "repeats", "requests", "faults"]
    assert ["braze", "users", "1", "1", "0", "2", "1"] in rows


@contextmanager
def serving(path: Path, state: Path):
    """Serve with a state file, and stop as the stack does."""
    path.unlink(missing_ok=True)
    serve = [*command("serve", path), "--state", str(state)]
    with subprocess.Popen(serve, cwd=REPOSITORY, stdout=subprocess.DEVNULL) as server:
        try:
            deadline = time.monotonic() + 60
            while not path.exists():
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield json.loads(path.read_text()), server
        finally:
            server.terminate()
    assert server.returncode in (0, -signal.SIGKILL)


def test_what_was_received_survives_a_restart(tmp_path):
    path, state = tmp_path / "destinations.json", tmp_path / "state.json"

    def track(connection, external_id: str) -> None:
        requests.post(
            f"{connection['host']}/users/track",
            json={"attributes": [{"external_id": external_id, "health_score": 1.0}]},
            headers={"Authorization": f"Bearer {connection['password']}"},
            timeout=10,
        ).raise_for_status()

    def held(connection) -> set[str]:
        return set(requests.get(f"{connection['host']}/_state", timeout=10).json()["attributes"])

    with serving(path, state) as (connections, _):
        track(connections["braze_default"], "b1")
    with serving(path, state) as (connections, server):
        assert held(connections["braze_default"]) == {"b1"}
        track(connections["braze_default"], "b2")
        deadline = time.monotonic() + 30
        while "b2" not in state.read_text():  # written while it serves, too
            assert time.monotonic() < deadline
            time.sleep(0.2)
        server.kill()
    with serving(path, state) as (connections, _):
        assert held(connections["braze_default"]) == {"b1", "b2"}
    assert state.stat().st_mode & 0o077 == 0


def test_every_destination_holds_again_what_it_held(salesforce, braze, google, slack, webhook, tmp_path):  # noqa: PLR0913, PLR0917
    servers = {"s": salesforce, "b": braze, "g": google, "m": slack, "w": webhook}
    salesforce.objects["Lead"].records["l1"] = {"Id": "00Q1", "Lead_Score__c": 1.0}
    braze.attributes["b1"] = {"health_score": 1.0}
    google.audiences["1"] = {"emailAddress:x", "phoneNumber:y"}
    google.statuses["r1"] = {"requestStatus": "SUCCESS"}
    google.processed_at["r1"] = 12.5
    slack.messages.append({"ts": "1.000001", "text": "Ann", "blocks": [], "metadata": {}})
    webhook.records["/path"] = {"c1": {"health_score": 1.0}}
    webhook.applied = {"i1", "i2"}
    for server in servers.values():
        server.deliveries = 7
    StateFile(tmp_path / "state.json", servers).save()
    again = {name: type(server)() for name, server in servers.items()}
    StateFile(tmp_path / "state.json", again).load()
    for name, server in servers.items():
        assert again[name].holdings() == server.holdings()


def test_a_fault_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="choose from throttled"):
        Faults(kinds=("nope",))


def test_duplicates_are_counted(braze):
    body = {"attributes": [{"external_id": "b1", "health_score": 1.0}]}
    headers = {"Authorization": f"Bearer {braze.connection()['password']}"}
    for _ in range(3):
        requests.post(f"{braze.url}/users/track", json=body, headers=headers, timeout=10)
    assert (braze.state()["deliveries"], braze.state()["repeats"]) == (3, 2)


@pytest.mark.parametrize("name", ["salesforce", "braze", "google"])
def test_nobody_gets_in_without_credentials(request, name):
    server = request.getfixturevalue(name)
    path = {
        "salesforce": "/services/data/v62.0/composite/sobjects/Lead/Marketing_Lead_Id__c",
        "braze": "/users/track",
        "google": "/v1/audienceMembers:ingest",
    }[name]
    method = "PATCH" if name == "salesforce" else "POST"
    answer = requests.request(method, f"{server.url}{path}", json={}, headers={"Authorization": "Bearer x"}, timeout=10)
    assert answer.status_code == 401


def test_google_refuses_unhashed_unaccepted_and_unknown_fields(google):
    google.tokens.add("t")
    good = {
        "destinations": [
            {"operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": "1234567890"}, "productDestinationId": "1"}
        ],
        "audienceMembers": [{"userData": {"userIdentifiers": [{"emailAddress": "0" * 64}]}}],
        "encoding": "HEX",
        "termsOfService": {"customerMatchTermsOfServiceStatus": "ACCEPTED"},
        "consent": {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"},
    }

    def status(**changes):
        return requests.post(
            f"{google.url}/v1/audienceMembers:ingest",
            json=good | changes,
            headers={"Authorization": "Bearer t"},
            timeout=10,
        ).status_code

    assert status() == 200
    assert status(termsOfService={}) == 400
    assert status(surprise=1) == 400
    assert status(audienceMembers=[{"userData": {"userIdentifiers": [{"emailAddress": "ann@example.com"}]}}]) == 400
    assert status(audienceMembers=good["audienceMembers"] * 10_001) == 400
    many = [{"userData": {"userIdentifiers": [{"emailAddress": "0" * 64}] * 11}}]
    assert status(audienceMembers=many) == 400
    address = {"givenName": "0" * 64, "familyName": "0" * 64, "regionCode": "DE", "postalCode": "10115"}
    german = [{"userData": {"userIdentifiers": [{"address": address}]}}]
    assert status(consent={}, audienceMembers=german) == 200
    assert google.without_consent == 1
    assert status(consent={"adUserData": "CONSENT_DENIED"}) == 200
    assert google.without_consent == 2
