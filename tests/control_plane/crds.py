"""The custom resource definitions of the controllers whose objects the platform makes.

Each project's are taken from a folder that holds them, ``BULKHEAD_CRDS`` or ``../shared/crds``, and
else from its Go module, whose version and checksum stand in ``definitions``. To let the platform
make objects of one more project, add it to ``PROJECTS`` and to ``definitions/go.mod``.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.control_plane.api import Api, ApiRefusalError, Manifest
from tests.installation import Tell

HOUSE = Path(__file__).parents[2]
MODULES = Path(__file__).parent / "definitions"
ESTABLISH_SECONDS = 60
REQUIRED = re.compile(r"^\t(\S+) (v\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Project:
    """A project that defines resources.

    Attributes:
        module: its Go module.
        folder: where the module has the definitions.
        groups: the API groups of those that the platform makes.
        besides: kinds that a folder with the group's definitions may lack.
        outdated: kinds of which the module's version lacks fields that the platform's has.
    """

    module: str
    folder: str
    groups: frozenset[str]
    outdated: frozenset[str] = frozenset()
    besides: frozenset[str] = frozenset()


def _project(
    module: str,
    folder: str,
    *groups: str,
    outdated: Iterable[str] = (),
    besides: Iterable[str] = (),
) -> Project:
    return Project(module, folder, frozenset(groups), frozenset(outdated), frozenset(besides))


PROJECTS = [
    _project(
        "github.com/aws/karpenter-provider-aws",
        "pkg/apis/crds",
        "karpenter.sh",
        "karpenter.k8s.aws",
    ),
    _project(
        "github.com/envoyproxy/ai-gateway",
        "manifests/charts/ai-gateway-crds-helm/templates",
        "aigateway.envoyproxy.io",
        outdated=["MCPRoute"],  # backendSelector, since 1.1
    ),
    _project(
        "github.com/envoyproxy/gateway",
        "charts/gateway-helm/charts/crds/crds",
        "gateway.envoyproxy.io",
        "gateway.networking.k8s.io",
    ),
    _project("github.com/kedacore/keda/v2", "config/crd/bases", "keda.sh"),
    _project("github.com/kubeflow/training-operator", "manifests/base/crds", "kubeflow.org"),
    _project(
        "github.com/sigstore/policy-controller",
        "config",
        "policy.sigstore.dev",
        besides=["TrustRoot"],
    ),
    _project(
        "sigs.k8s.io/agent-sandbox", "k8s/crds", "agents.x-k8s.io", "extensions.agents.x-k8s.io"
    ),
    _project("sigs.k8s.io/jobset", "config/components/crd/bases", "jobset.x-k8s.io"),
    _project("sigs.k8s.io/kueue", "config/components/crd/bases", "kueue.x-k8s.io"),
    _project(
        "sigs.k8s.io/secrets-store-csi-driver", "config/crd/bases", "secrets-store.csi.x-k8s.io"
    ),
]


@dataclass(frozen=True)
class Definitions:
    """What could be had.

    Attributes:
        found: the definitions.
        missing: why not, by group, or by ``group/kind`` where the others could be had.
    """

    found: list[dict[str, Any]]
    missing: Mapping[str, str]

    def takes(self, manifests: Iterable[Manifest], tell: Tell) -> list[Manifest]:
        """The objects without those that are missing, which it tells of."""
        kept, left = [], set()
        for manifest in manifests:
            group = group_of(manifest)
            lacks = self.missing.keys() & {group, f"{group}/{manifest['kind']}"}
            if not lacks:
                kept.append(manifest)
            left |= lacks
        for lacking in sorted(left):
            tell(f"  objects of {lacking} are left out: {self.missing[lacking]}")
        return kept


def group_of(manifest: Manifest) -> str:
    """The API group of an object; empty for the core's."""
    return str(manifest["apiVersion"]).rpartition("/")[0]


def definitions(tell: Tell) -> Definitions:
    """The definitions of every project."""
    found = [
        each for folder in folders() for each in read(folder) if each["spec"]["group"] in _known()
    ]
    there = {each["spec"]["group"] for each in found}
    kinds = {each["spec"]["names"]["kind"] for each in found}
    wanted = [
        project
        for project in PROJECTS
        if not project.groups <= there or not project.besides <= kinds
    ]
    missing: dict[str, str] = {}
    for project, result in _downloaded(wanted, tell):
        if isinstance(result, Path):
            for each in read(result / project.folder):
                group, kind = each["spec"]["group"], each["spec"]["names"]["kind"]
                if group in project.groups - there and kind in project.outdated:
                    missing[f"{group}/{kind}"] = f"{result.name} is older than what is installed"
                elif group in project.groups - there or kind in project.besides - kinds:
                    found.append(each)
        else:
            missing |= dict.fromkeys(project.groups - there, result)
    return Definitions(found, missing)


def folders() -> list[Path]:
    """The folder that holds definitions, if there is one."""
    named = os.environ.get("BULKHEAD_CRDS")
    folder = Path(named) if named else HOUSE.parent / "shared" / "crds"
    return [folder] if folder.is_dir() else []


@contextlib.contextmanager
def installed(api: Api, found: Iterable[Manifest]) -> Iterator[None]:
    """Install the definitions that the API lacks, until the ``with`` statement ends."""
    wanted = [_unconverted(each) for each in found]
    made: list[Manifest] = []

    def ensure(definition: Manifest) -> None:
        if api.ensure(definition):
            made.append(definition)

    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(ensure, wanted))
        await_established(api, wanted)
        yield
    finally:
        for definition in made:
            with contextlib.suppress(ApiRefusalError):
                api.delete(definition)


def await_established(api: Api, definitions: Iterable[Manifest]) -> None:
    """Wait until the API serves the objects of all the definitions."""
    until = time.monotonic() + ESTABLISH_SECONDS
    for definition in definitions:
        while not _established(api.get(definition)):
            assert time.monotonic() < until, definition["metadata"]["name"]
            time.sleep(0.1)


def unserved(api: Api, manifests: Iterable[Manifest]) -> set[str]:
    """Kinds of the objects that the API does not know."""
    unknown = set()
    for version, kind in {(each["apiVersion"], each["kind"]) for each in manifests}:
        try:
            api.kind(version, kind)
        except (ApiRefusalError, KeyError):
            unknown.add(f"{version} {kind}")
    return unknown


def _known() -> set[str]:
    return {group for project in PROJECTS for group in project.groups}


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """The definitions below a folder."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for file in sorted(folder.rglob("*.yaml")):
        text = file.read_text("utf-8")
        if "\nkind: CustomResourceDefinition" in text:
            for document in yaml.load_all(text, loader):
                if document and document["kind"] == "CustomResourceDefinition":
                    yield document


def _downloaded(projects: list[Project], tell: Tell) -> Iterator[tuple[Project, Path | str]]:
    """Each project with the folder of its module, or with why there is none."""
    if not projects:
        return
    if shutil.which("go") is None:
        yield from ((project, "go is not on PATH") for project in projects)
        return
    versions = dict(REQUIRED.findall((MODULES / "go.mod").read_text("utf-8")))
    names = [f"{project.module}@{versions[project.module]}" for project in projects]
    tell(f"Fetching the definitions of custom resources ({len(names)} Go modules, 1 minute)")
    done = subprocess.run(
        ["go", "mod", "download", "-json", *names],
        cwd=MODULES,
        capture_output=True,
        text=True,
        check=False,
    )
    told = {each["Path"]: each for each in _documents(done.stdout)}
    for project in projects:
        answer = told.get(project.module, {})
        why = answer.get("Error") or done.stderr.strip() or "go does not tell why"
        yield project, Path(answer["Dir"]) if "Dir" in answer else why


def _documents(text: str) -> Iterator[dict[str, Any]]:
    decoder = json.JSONDecoder()
    while text := text.lstrip():
        document, end = decoder.raw_decode(text)
        yield document
        text = text[end:]


def _unconverted(definition: Manifest) -> Manifest:
    """The definition without a webhook between its versions, which nobody answers here."""
    spec = {key: value for key, value in definition["spec"].items() if key != "conversion"}
    return {**definition, "spec": spec}


def _established(definition: dict[str, Any]) -> bool:
    conditions = definition["status"].get("conditions") or []
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)
