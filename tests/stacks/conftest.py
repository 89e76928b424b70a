"""What tests of the stacks have in common."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.stacks.environments import DEV, Edit


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[Edit], str]:
    """Writes an edited copy of the dev tenants and gives its path."""

    def write(edit: Edit) -> str:
        content = yaml.safe_load(DEV.read_text("utf-8"))
        edit(content)
        path = tmp_path / "tenants.test.yaml"
        path.write_text(yaml.safe_dump(content), "utf-8")
        return str(path)

    return write
