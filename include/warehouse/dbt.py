"""How Airflow runs dbt: one project, one profile, one Cosmos task group per layer.

Modes, and why (docs/dbt_on_airflow.md has the measurements): DAGs are parsed from dbt's manifest, since
``dbt ls`` would start dbt at every parse; execution is Cosmos' *watcher*, where one ``dbt build`` runs the
group and a light task per model shows and follows its state, since a dbt start per model costs more than
most models.
"""

from __future__ import annotations

import os

from cosmos import DbtTaskGroup, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import ExecutionMode, InvocationMode, LoadMode, TestBehavior, TestIndirectSelection

from include.warehouse.manifest import require_manifest
from include.warehouse.settings import DBT_DIR, settings

# What each layer's DAG builds.
SILVER = ["path:seeds", "path:models/staging", "path:models/intermediate", "path:models/silver"]
GOLD = ["path:models/gold"]


def dbt_task_group(group_id: str, *, select: list[str]) -> DbtTaskGroup:
    """Return the task group that builds and tests a selection of dbt models for the run's window.

    :param group_id: id of the task group.
    :param select: dbt selection, such as ``path:models/gold``.
    :raises FileNotFoundError: where dbt's manifest has not been made yet.
    """
    return DbtTaskGroup(
        group_id=group_id,
        project_config=ProjectConfig(
            dbt_project_path=DBT_DIR,
            manifest_path=require_manifest(),
            project_name="marketing",
            install_dbt_deps=False,
        ),
        profile_config=ProfileConfig(
            profile_name="marketing",
            target_name=os.environ.get("DBT_TARGET", "prod"),
            profiles_yml_filepath=DBT_DIR / "profiles.yml",
        ),
        execution_config=ExecutionConfig(
            execution_mode=ExecutionMode.WATCHER,
            invocation_mode=InvocationMode.DBT_RUNNER,
            # Unit tests prove the code, not the day's data: they run in `make test`.
            setup_operator_args={"dbt_cmd_flags": ["--exclude-resource-type", "unit_test"]},
        ),
        render_config=RenderConfig(
            select=select,
            load_method=LoadMode.DBT_MANIFEST,
            test_behavior=TestBehavior.AFTER_EACH,
            emit_datasets=False,  # the layer's asset says more than one asset per model would
            enable_owner_inheritance=False,
        ),
        operator_args={
            "vars": {
                **settings.variables,
                "start_date": "{{ window_start() }}",
                "end_date": "{{ window_end() }}",
            },
            # A test that reads gold and silver runs with gold, not already with silver.
            "indirect_selection": TestIndirectSelection.BUILDABLE.value,
            "append_env": True,
        },
    )
