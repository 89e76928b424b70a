from pathlib import Path

import pytest

from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_stack

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(ROOT.glob("examples/*/Pulumi.yaml"))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.parent.name)
def test_an_example_previews_clean_under_every_pack_and_is_ready_to_fork(file: Path) -> None:
    packs = [ROOT / "policies", *sorted((ROOT / "policies" / "packs").iterdir())]
    plan = preview_stack(load_project(file.parent), "dev", Options(packs=packs))
    assert [error.message for error in plan.errors] == []
    assert [(v.pack, v.policy, v.urn) for v in plan.violations if v.level == "mandatory"] == []
    assert len(plan.resources) > 100
    present = {path.name for path in file.parent.iterdir()}
    assert {
        "__main__.py",
        "Pulumi.dev.yaml",
        "README.md",
        "preview.svg",
        "requirements.txt",
    } <= present


def test_the_shared_cluster_refuses_the_regulated_team_as_its_readme_says() -> None:
    folder = Path(__file__).parents[2] / "examples" / "shared-cluster"
    options = Options(config={"shared-cluster:fraudScoring": "true"})
    (error,) = preview_stack(load_project(folder), "dev", options).errors
    assert error.message == (
        "shared.tenants.fraud-scoring: tier 'regulated' needs very high isolation and may not run "
        "on pattern 'shared-cluster', whose isolation is medium; the weakest pattern that would do "
        "is 'single-tenant-cluster'"
    )
    readme = " ".join((folder / "README.md").read_text("utf-8").split())
    assert error.message in readme
