"""Nothing is installed or run that was not pinned by what it contains; licences and parts can be listed."""

from __future__ import annotations

import json
import re
from importlib.metadata import distributions
from pathlib import Path

import pytest
import yaml

from tools import advisories, packages
from tools.packages import Package, incompatible, installed, read_package

ROOT = Path(__file__).resolve().parents[2]
ACTIONS = sorted((ROOT / ".github").glob("**/*.yml"))
# What is installed, and the requirements that it is of.
LOCKS = {
    "constraints.txt": ("requirements.txt", "requirements-dev.txt"),
    "constraints-airflow3.txt": ("requirements-airflow3.txt", "requirements-dev.txt"),
    "constraints-emulator.txt": ("requirements-emulator.txt",),
    "constraints-linkage.txt": ("requirements-linkage.txt",),
    "requirements-image.txt": ("requirements.txt",),
    "requirements-image-airflow3.txt": ("requirements-airflow3.txt",),
    "requirements-uv.txt": (),
}
PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==([^\s;]+)")


def pins(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Return version and hashes by package of a file."""
    entries = re.split(r"(?m)^(?=[A-Za-z0-9])", (ROOT / name).read_text())
    found = {}
    for entry in filter(None, (entry.strip() for entry in entries if not entry.startswith("#"))):
        pinned = PIN.match(entry)
        assert pinned, f"{name}: {entry.splitlines()[0]} is not pinned; run `make lock`."
        found[pinned[1].lower()] = (pinned[2], frozenset(re.findall(r"--hash=(sha256:[0-9a-f]{64})", entry)))
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_has_a_version_and_hashes(name: str) -> None:
    missing = [package for package, (_, hashes) in pins(name).items() if not hashes]
    assert not missing, f"{name}: run `make lock`."


@pytest.mark.parametrize(("name", "requirements"), LOCKS.items())
def test_locks_hold_what_is_required(name: str, requirements: tuple[str, ...]) -> None:
    locked = pins(name)
    for file in requirements:
        lines = [line for line in (ROOT / file).read_text().splitlines() if PIN.match(line)]
        assert lines
        for line in lines:
            pinned = PIN.match(line)
            assert locked[pinned[1].lower()][0] == pinned[2], f"{file}: run `make lock` after a change of {pinned[1]}."


@pytest.mark.parametrize("line", ["", "-airflow3"])
def test_the_image_has_what_is_tested(line: str) -> None:
    tested = pins(f"constraints{line}.txt")
    image = pins(f"requirements-image{line}.txt")
    assert {name: tested.get(name) for name in image} == image


def test_installs_check_the_hashes() -> None:
    installs = re.findall(r"pip install .*", (ROOT / "Makefile").read_text() + (ROOT / "Dockerfile").read_text())
    assert len(installs) >= 4
    assert [line for line in installs if "--require-hashes" not in line] == []


@pytest.mark.parametrize("path", ACTIONS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    for used, note in re.findall(r"uses: (\S+)(.*)", path.read_text()):
        if not used.startswith("./"):
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", used), f"{path.name}: pin {used} by its commit"
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", note), f"{path.name}: say which version {used} is"


def test_workflows_may_read_and_nothing_else_but_the_deploying_job() -> None:
    for path in sorted((ROOT / ".github" / "workflows").glob("*.yml")):
        workflow = yaml.safe_load(path.read_text())
        assert workflow["permissions"] == {"contents": "read"}, path.name
        for name, job in workflow["jobs"].items():
            writes = {key for key, value in job.get("permissions", {}).items() if value == "write"}
            assert writes == ({"id-token"} if (path.stem, name) == ("deploy", "composer") else set()), (path.name, name)
            clones = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
            assert all(step["with"]["persist-credentials"] is False for step in clones), (path.name, name)


def test_packages_are_installed_before_there_is_a_login_to_the_cloud() -> None:
    steps = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text())["jobs"]["composer"]["steps"]
    done = [step.get("uses", step.get("run", "")).split("@")[0].split()[0:2] for step in steps]
    assert done.index(["make", "manifest"]) < done.index(["google-github-actions/auth"])


def test_an_sbom_names_every_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "sbom.json"
    assert packages.main(["sbom", "--write", str(file)]) == 0
    document = json.loads(file.read_text())
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.5")
    assert "packages in" in capsys.readouterr().out
    found = {part["purl"] for part in document["components"]}
    assert len(found) == len(document["components"]) > 200
    assert any(purl.startswith("pkg:pypi/apache-airflow@") for purl in found)


def test_what_a_library_carries_and_puts_on_the_path_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = installed()
    carried = tmp_path / "carried-2.2.2.dist-info"
    carried.mkdir()
    (carried / "METADATA").write_text("Metadata-Version: 2.1\nName: carried\nVersion: 2.2.2\nLicense: LGPL\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert "carried" in {found.metadata["Name"] for found in distributions()}
    assert installed() == before


def test_all_licences_go_with_apache() -> None:
    assert list(incompatible(installed())) == []


@pytest.mark.parametrize(
    ("licences", "problem"),
    [
        (("GPL-3.0-only",), "GPL-3.0-only"),
        (("MIT AND AGPL-3.0-only",), "AGPL"),
        ((), "names no licence"),
        (("Apache-2.0 OR GPL-2.0-only",), ""),
        (("BSD-3-Clause AND Zlib",), ""),
    ],
)
def test_a_licence_that_does_not_go_with_apache_is_found(licences: tuple[str, ...], problem: str) -> None:
    (*lines,) = incompatible([Package("thing", "1", licences)])
    assert bool(lines) == bool(problem)
    assert problem in "".join(lines)


def test_names_of_packages_are_canonical() -> None:
    assert all(read.name == read.name.lower() for read in map(read_package, packages.distributions()))


def advisory(clone: Path, number: int, package: str, **more: object) -> None:
    """Write an advisory as the database of PyPI has them."""
    body = {"id": f"PYSEC-2018-{number}", "modified": "2021-07-05T00:01:16Z", "aliases": ["CVE-2017-12614"]} | more
    body["affected"] = [{"package": {"name": package, "ecosystem": "PyPI"}, **body.pop("affected")}]  # type: ignore[dict-item]
    folder = clone / "vulns" / package
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{body['id']}.yaml").write_text(yaml.safe_dump(body))


def span(*events: dict[str, str]) -> dict[str, object]:
    return {"ranges": [{"type": "ECOSYSTEM", "events": list(events)}]}


def test_an_audit_without_a_network_finds_what_a_clone_of_the_database_knows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    advisory(tmp_path, 1, "apache-airflow", affected=span({"introduced": "0"}, {"fixed": "1.9.0"}))
    advisory(tmp_path, 2, "apache-airflow", affected=span({"introduced": "1.9.0"}, {"last_affected": "1.10.2"}))
    advisory(tmp_path, 3, "apache-airflow", affected={"versions": ["2.0.0"]}, modified="2024-10-10T17:35:05Z")
    advisory(tmp_path, 4, "apache-airflow", affected=span({"introduced": "0"}), withdrawn="2024-01-01T00:00:00Z")
    advisory(tmp_path, 5, "airflow", affected=span({"introduced": "0"}))
    constraints = tmp_path / "constraints.txt"
    numbers = {"1.8.1": [1], "1.8.2rc1": [1], "1.9.0": [2], "1.10.2": [2], "1.10.10": [], "2.0.0": [3], "2.0.1": []}
    for version, expected in numbers.items():
        constraints.write_text(f"Apache_Airflow[celery]=={version} \\\n    --hash=sha256:0\n")
        assert advisories.main([str(tmp_path), str(constraints)]) == bool(expected)
        said = capsys.readouterr().out
        assert re.findall(r"PYSEC-2018-(\d)", said) == [str(number) for number in expected]
        assert "newest advisory 2024-10-10" in said


def test_an_audit_by_a_folder_without_advisories_says_where_they_are(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="git clone --depth 1 https://github"):
        advisories.main([str(tmp_path), str(ROOT / "constraints.txt")])
