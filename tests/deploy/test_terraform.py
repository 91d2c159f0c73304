"""Terraform's files are read, not applied: there is no cloud here. They must agree with the code and stay modest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import hcl2
import pytest
import yaml

from include.activation.declared_syncs import load_syncs
from include.landing.declared_landings import landing_files
from include.letters.declared_letter import letter_channels
from include.pipeline import alert_channels
from include.pipeline.dag_defaults import layer_labels
from include.pipeline.settings import DBT_DIR, INCLUDE_DIR, settings

TERRAFORM = INCLUDE_DIR.parent / "deploy" / "terraform"
FILES = sorted(TERRAFORM.glob("*.tf"))

# Whoever adds a role here says why it is the smallest that will do. Roles of whole projects are never data roles.
DATASET_ROLES = {
    "roles/bigquery.dataEditor",
    "roles/bigquery.dataViewer",  # the pipeline, in connectors' datasets
    "google_project_iam_custom_role.governor",
}
PROJECT_ROLES = {
    "roles/bigquery.jobUser",  # run queries
    "roles/bigquery.metadataViewer",  # watch_costs: sizes of tables
    "roles/bigquery.resourceViewer",  # watch_costs: jobs of everybody
    "roles/bigquery.user",  # Fivetran: make its own datasets, the least that it documents
    "roles/composer.worker",  # be a Composer worker
    "google_project_iam_custom_role.deployer",
}
OTHER_ROLES = {
    "google_project_iam_custom_role.governor",  # on the taxonomy
    "roles/bigquerydatapolicy.maskedReader",
    "roles/datacatalog.categoryFineGrainedReader",
    "roles/iam.serviceAccountUser",
    "roles/iam.workloadIdentityUser",
    "roles/secretmanager.secretAccessor",
    "roles/storage.objectUser",
    "roles/storage.objectViewer",  # the privacy team, of exports of people
}
FORBIDDEN_PERMISSIONS = re.compile(
    r"bigquery\.(datasets|tables)\.(create|delete|getData|export)|\.\*$|iam\.|resourcemanager"
)


def plain(value: Any) -> Any:
    """Return what the parser gives without its quotes and notes."""
    if isinstance(value, dict):
        return {plain(key): plain(part) for key, part in value.items() if not str(key).startswith("__")}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value.strip('"') if isinstance(value, str) else value


@pytest.fixture(scope="module")
def files() -> dict[str, dict[str, Any]]:
    parsed = {}
    for path in FILES:
        with path.open() as file:
            parsed[path.name] = plain(hcl2.load(file))
    return parsed


@pytest.fixture(scope="module")
def resources(files: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for parsed in files.values():
        for block in parsed.get("resource", []):
            for kind, named in block.items():
                for name, body in named.items():
                    assert f"{kind}.{name}" not in found
                    found[f"{kind}.{name}"] = body
    return found


def texts(value: Any) -> Iterator[str]:
    """Return every text in a parsed block."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from texts(key)
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)
    elif isinstance(value, str):
        yield value


def declared(files: dict[str, dict[str, Any]], block: str) -> set[str]:
    return {name for parsed in files.values() for part in parsed.get(block, []) for name in part}


def test_every_reference_is_declared(files: dict[str, dict[str, Any]], resources: dict[str, dict[str, Any]]) -> None:
    known = {
        "var": declared(files, "variable"),
        "local": {name for parsed in files.values() for part in parsed.get("locals", []) for name in part},
    }
    data = {
        f"{kind}.{name}"
        for parsed in files.values()
        for part in parsed.get("data", [])
        for kind in part
        for name in part[kind]
    }
    used = {"var": set(), "local": set()}
    for path in FILES:
        # Comments aside, and where a resource was before it moved.
        code = re.sub(r"(?m)^\s*#.*$|^  from = .*$", "", path.read_text())
        for kind, names in used.items():
            names |= set(re.findall(rf"\b{kind}\.(\w+)", code))
        for reference in re.findall(r"(?<![\w.\"])(google_\w+\.\w+)", code):
            assert reference in resources or reference in data, (
                f"{path.name} names {reference}, which nothing declares."
            )
        for reference in re.findall(r"\bdata\.(google_\w+\.\w+)", code):
            assert reference in data
    assert used["var"] == known["var"], "Declare the variables that are used, and use those that are declared."
    assert used["local"] == known["local"]


def test_every_variable_and_output_is_described(files: dict[str, dict[str, Any]]) -> None:
    for block in ("variable", "output"):
        for parsed in files.values():
            for part in parsed.get(block, []):
                for name, body in part.items():
                    assert body["description"], f"{block} {name} has no description."


def test_a_dataset_is_made_for_every_layer_and_expires_nothing_by_default(
    files: dict[str, dict[str, Any]], resources: dict[str, dict[str, Any]]
) -> None:
    # Names are read from the file that settings.py reads, with the same rule.
    (layers,) = [part for part in files["datasets.tf"]["locals"] if "datasets" in part]
    assert "include/dbt/dbt_project.yml" in layers["dbt_project"]
    assert (TERRAFORM / "../../include/dbt/dbt_project.yml").resolve() == DBT_DIR / "dbt_project.yml"
    variables = yaml.safe_load((DBT_DIR / "dbt_project.yml").read_text())["vars"]
    assert {name.removesuffix("_dataset") for name in variables if name.endswith("_dataset")} == set(settings.layers)

    dataset = resources["google_bigquery_dataset.layer"]
    assert dataset["for_each"] == "${local.datasets}"
    wanted = layer_labels(settings.layers["silver"])
    assert dataset["labels"] == {**wanted, "layer": "${each.key}"}
    assert wanted["layer"] == "silver"
    assert not [key for key in dataset if key.startswith("default_")], "Tables declare their expiry themselves."
    assert dataset["lifecycle"][0]["prevent_destroy"] is True


def test_every_role_is_on_the_list_of_the_smallest(resources: dict[str, dict[str, Any]]) -> None:
    granted = 0
    for name, body in resources.items():
        kind = name.partition(".")[0]
        if not kind.endswith("_iam_member"):
            assert not re.search(r"_iam_(binding|policy)$", kind), f"{name} would take other grants away."
            continue
        allowed = {
            "google_bigquery_dataset_iam_member": DATASET_ROLES,
            "google_project_iam_member": PROJECT_ROLES,
        }.get(kind, OTHER_ROLES)
        text = " ".join(texts(body))
        roles = set(re.findall(r"roles/[\w.]+|google_project_iam_custom_role\.\w+", text))
        assert roles, f"{name} grants no role that this test can see."
        assert roles <= allowed, f"{name} grants {roles - allowed}: take a smaller role, or a smaller place for it."
        granted += len(roles)
        assert not re.search(r"allUsers|allAuthenticatedUsers|projectEditor|projectViewer", text)
    assert granted > 10


def test_connectors_write_to_their_own_datasets_and_the_pipeline_only_reads_them(
    files: dict[str, dict[str, Any]], resources: dict[str, dict[str, Any]]
) -> None:
    of_fivetran = {name: body for name, body in resources.items() if "var.fivetran_service_account" in str(body)}
    assert {body["role"] for body in of_fivetran.values()} == {"roles/bigquery.user"}
    reads = resources["google_bigquery_dataset_iam_member.pipeline_reads_connectors"]
    assert reads["role"] == "roles/bigquery.dataViewer"
    assert reads["for_each"] == "${toset(flatten(values(var.landing_datasets)))}"
    (declared,) = [part["landing_datasets"] for part in files["variables.tf"]["variable"] if "landing_datasets" in part]
    # The keys are the ends of the variables that landing reads.
    named = set(re.findall(r"[A-Z][A-Z0-9_]{2,}", declared["description"]))
    landings = [yaml.safe_load(path.read_text()) for path in landing_files()]
    assert {f"MARKETING_LANDING_{name}" for name in named} == {landing["datasets"] for landing in landings}


def test_exports_of_people_do_not_last(files: dict[str, dict[str, Any]], resources: dict[str, dict[str, Any]]) -> None:
    """Nor can anybody but the pipeline and the privacy team be given them by mistake."""
    (buckets,) = [part["buckets"] for part in files["datasets.tf"]["locals"] if "buckets" in part]
    assert buckets["exports"] == {"kept_days": "${local.dbt_project.vars.export_days}", "restorable_seconds": 0}
    bucket = resources["google_storage_bucket.files"]
    assert bucket["for_each"] == "${local.buckets}"
    assert bucket["lifecycle_rule"][0]["condition"][0]["age"] == "${each.value.kept_days}"
    assert bucket["soft_delete_policy"][0]["retention_duration_seconds"] == "${each.value.restorable_seconds}"
    assert (bucket["public_access_prevention"], bucket["uniform_bucket_level_access"]) == ("enforced", True)
    # Whose own text names the buckets; the pipeline has a right on each of them.
    readers = {name for name, body in resources.items() if "google_storage_bucket.files" in str(body)}
    rights = {name for name in readers if name.startswith("google_storage_bucket_iam_member.")}
    assert {name.partition(".")[2] for name in rights} == {"pipeline_files", "privacy_team_reads_exports"}
    assert resources["google_storage_bucket_iam_member.pipeline_files"]["member"].startswith(
        "${google_service_account.pipeline."
    )


def test_custom_roles_hold_no_more_than_they_say(resources: dict[str, dict[str, Any]]) -> None:
    roles = {name: body for name, body in resources.items() if name.startswith("google_project_iam_custom_role.")}
    assert len(roles) == 2
    for name, body in roles.items():
        too_much = [permission for permission in body["permissions"] if FORBIDDEN_PERMISSIONS.search(permission)]
        assert not too_much, f"{name} may {too_much}."
        assert body["permissions"] == sorted(body["permissions"])


def test_the_governor_has_what_its_calls_need_and_no_more(resources: dict[str, dict[str, Any]]) -> None:
    """By what access.py calls: access of datasets, row access policies, categories of columns; no rights on tables."""
    permissions = set(resources["google_project_iam_custom_role.governor"]["permissions"])
    policies = {"create", "delete", "getIamPolicy", "list", "setIamPolicy", "update"}
    assert permissions == {
        *(f"bigquery.datasets.{name}" for name in ("get", "getIamPolicy", "setIamPolicy", "update")),
        *(f"bigquery.rowAccessPolicies.{name}" for name in policies),
        "bigquery.tables.setCategory",
        "datacatalog.taxonomies.get",
    }


def test_what_is_private_is_an_option(files: dict[str, dict[str, Any]], resources: dict[str, dict[str, Any]]) -> None:
    variables = {name: body for part in files["variables.tf"]["variable"] for name, body in part.items()}
    off = {"private_composer": False, "composer_network": None, "web_server_ranges": [], "kms_key": None}
    assert {name: variables[name]["default"] for name in off} == off
    config = resources["google_composer_environment.airflow"]["config"][0]
    assert config["enable_private_environment"] == "${var.private_composer}"
    assert {"web_server_network_access_control", "encryption_config"} <= {
        name for block in config["dynamic"] for name in block
    }
    for name in ("google_bigquery_dataset.layer", "google_storage_bucket.files"):
        assert "var.kms_key" in str(resources[name]["dynamic"]), name
    audit = resources["google_project_iam_audit_config.data_access"]
    assert {block["log_type"] for block in audit["audit_log_config"]} == {"DATA_READ", "DATA_WRITE"}


def test_no_key_and_no_secret_value(resources: dict[str, dict[str, Any]]) -> None:
    kinds = {name.partition(".")[0] for name in resources}
    assert "google_service_account_key" not in kinds
    assert "google_secret_manager_secret_version" not in kinds
    condition = resources["google_iam_workload_identity_pool_provider.github"]["attribute_condition"]
    assert "assertion.repository ==" in condition
    assert "refs/heads/main" in condition


def test_there_is_a_secret_for_every_connection_of_the_code(files: dict[str, dict[str, Any]]) -> None:
    (local,) = [part for part in files["secrets.tf"]["locals"] if "connections" in part]
    secrets = set(re.findall(r"\w+", local["connections"].removeprefix("${toset(")))
    destinations = {sync.connection for sync in load_syncs()}
    channels = {f"{channel}_alerts" for channel in alert_channels.CHANNELS}
    assert secrets == destinations | channels | set(letter_channels({}).values()) | {"fivetran_default"}


def test_airflow_gets_variables_that_its_settings_read(files: dict[str, dict[str, Any]]) -> None:
    code = "\n".join(
        path.read_text() for folder in ("pipeline", "dbt", "privacy") for path in (INCLUDE_DIR / folder).glob("*.*")
    )
    given = set(re.findall(r"MARKETING_[A-Z_]+[A-Z]\b", (TERRAFORM / "composer.tf").read_text()))
    assert len(given) >= 5
    for variable in given:
        assert variable in code, f"composer.tf sets {variable}, which nothing reads."


def test_composer_gets_what_the_project_needs_to_wait_and_to_hide(resources: dict[str, dict[str, Any]]) -> None:
    config = resources["google_composer_environment.airflow"]["config"][0]
    assert config["workloads_config"][0]["triggerer"][0]["count"] >= 1, "Deferred sensors would wait forever."
    assert config["node_config"][0]["service_account"] == "${google_service_account.pipeline.email}"


def test_a_build_of_composer_is_pinned_for_each_airflow_line() -> None:
    text = (TERRAFORM / "composer.tf").read_text()
    builds = dict(re.findall(r'"(\d)" = "composer-3-airflow-(\d+\.\d+)\.\d+-build\.\d+"', text))
    tested = {}
    for name in ("requirements.txt", "requirements-airflow3.txt"):
        pinned = re.search(r"^apache-airflow==((\d)\.\d+)", (TERRAFORM.parents[1] / name).read_text(), re.MULTILINE)
        tested[pinned[2]] = pinned[1]
    assert builds == tested
    assert "coalesce(var.composer_image, local.composer_images[var.airflow_line])" in text
