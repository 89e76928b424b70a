"""In one program with one fault per rule, the offline preview finds every one of them."""

from pathlib import Path

from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_stack
from tests.policies.faults import write_faults
from tests.policies.twins import EVERY

PACK = Path(__file__).parents[2] / "policies" / "packs" / "regulated"


def test_each_fault_of_one_program_is_found_where_it_was_made(tmp_path: Path) -> None:
    project = load_project(write_faults(tmp_path / "faults"))
    plan = preview_stack(project, "dev", Options(packs=[PACK]))
    assert plan.errors == []
    found = {(v.policy, v.urn.rpartition("::")[2].partition("--")[0]) for v in plan.violations}
    assert {rule for rule in EVERY if (rule, rule) not in found} == set()
    assert {(r, made) for r, made in found if r not in {made, *EVERY[made].beside}} == set()
