"""What the engine tests run: the platforms of this repository, found in its tree."""

from dataclasses import dataclass
from pathlib import Path

from bulkhead.preview.project import load_project

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DEMO = HERE / "programs" / "demo"
FAULTY = HERE / "programs" / "faulty"
WITNESS = HERE / "programs" / "witness"
PACKS = (ROOT / "policies",)


@dataclass(frozen=True)
class Platform:
    """Stacks of a project, each standing on the ones before it."""

    project: Path
    stacks: tuple[str, ...]
    packs: tuple[Path, ...] = PACKS

    def __str__(self) -> str:
        return f"{load_project(self.project).name}:{self.stacks[0]}"


def found_platforms() -> list[Platform]:
    """The demo of these tests, the repository's own platforms, and its examples."""
    files = [ROOT / "Pulumi.yaml", *sorted(ROOT.glob("examples/*/Pulumi.yaml"))]
    projects = [file.parent for file in files if file.is_file()]
    found = [Platform(project, stacks) for project in projects for stacks in layered(project)]
    return [Platform(DEMO, ("dev",), packs=()), *found]


def layered(folder: Path) -> list[tuple[str, ...]]:
    """The stacks of a project, with those named ``<environment>-<layer>`` as one platform."""
    project = load_project(folder)
    names = project.stacks() or ["dev"]
    environments = dict.fromkeys(name.rpartition("-")[0] for name in names if "-" in name)
    alone = [(name,) for name in names if "-" not in name]
    return [*alone, *(tuple(project.layers(environment)) for environment in environments)]
