from __future__ import annotations

import pytest

from include.pipeline.layer_ddl import DdlError, layer_files, layer_scripts, table_statement
from include.pipeline.settings import settings


@pytest.mark.parametrize("layer", ["bronze", "ops", "secrets"])
def test_every_file_creates_the_table_of_its_name_in_its_layer(layer: str) -> None:
    scripts = layer_scripts(layer)
    assert len(scripts) == len(layer_files(layer))
    for script in scripts:
        assert script.create.name == settings.table(layer, script.path.stem)


def test_unknown_layer_is_named() -> None:
    with pytest.raises(DdlError, match=r"platinum has no \.sql file"):
        layer_files("platinum")


def test_unknown_table_is_named() -> None:
    with pytest.raises(DdlError, match=r"bronze/nothing\.sql does not exist"):
        table_statement("bronze", "nothing")
