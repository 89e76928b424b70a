"""What callers say about an endpoint: its releases, what they cost and when they are busy."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import pulumi

from bulkhead.domain import parsing
from bulkhead.domain.images import Image, read_image
from bulkhead.domain.models import ModelCard, Status, check_public_key, check_registry
from bulkhead.domain.serving import Budget, Objective, Replica, check_tuning
from bulkhead.domain.tenants import Quota
from bulkhead.foundation.arguments import checked


class ModelArgs(TypedDict):
    """The card of one version of a model (MOD-1)."""

    name: str
    """How the registry and clients name the model."""
    version: str
    """The registry's word for this version."""
    artifact: str
    """OCI image of the model's files and their signature ``model.sig``, by digest."""
    owner: str
    """Team that answers for it."""
    status: str
    """approved or production; candidate and retired are not served."""
    submitted_by: str
    """Who asked for its approval."""
    approved_by: str
    """Who approved it: somebody else."""
    retires: str
    """The last day on which it may be served, ``YYYY-MM-DD``."""
    datasets: list[str]
    """Versions of the datasets that it was trained on, ``<dataset>@<version>``."""


class ReplicaArgs(TypedDict):
    """What one replica of a server takes; it gets no more."""

    gpus: NotRequired[int]
    """Whole GPUs, over which the model is spread. Default: 1."""
    cpus: NotRequired[int]
    """vCPUs. Default: 4."""
    memory_gib: NotRequired[int]
    """Memory in GiB. Default: 16."""
    scratch_gib: NotRequired[int]
    """Node disk for compiled kernels and temporary files, in GiB. Default: 20."""


class ReleaseArgs(TypedDict):
    """One release: a model, the server that runs it, and the prompt before every request."""

    model: ModelArgs
    """The model's card."""
    image: str
    """The vLLM server's image, by digest. vLLM 0.18 or newer."""
    replica: NotRequired[ReplicaArgs]
    """What one replica takes. Default: see ``ReplicaArgs``."""
    tuning: NotRequired[dict[str, str]]
    """Options of ``vllm serve`` that tune it, without the leading dashes: see
    ``domain.serving.TUNING``. Default: none."""
    prompt: NotRequired[str]
    """Last part of the name of the secret ``bulkhead/<environment>/<tier>/<tenant>/<name>`` whose
    value is the chat template with the system prompt. People write it, so it is none of
    ``PartitionSecrets``, which rotation fills. Default: the model's own template, without a system
    prompt."""


class VerificationArgs(TypedDict):
    """How a model is verified before its server starts."""

    image: str
    """Image of OpenSSF model signing, by digest."""
    public_key: pulumi.Input[str]
    """Public key of who signs models, PEM."""


class ServerCertificatesArgs(TypedDict):
    """Objects in the tenant's namespace that hold its servers' certificates."""

    server: str
    """TLS Secret of the servers, for ``*.<tenant>.svc.cluster.local``, for use as server and as
    client: the metrics' collector shows it too."""
    clients: str
    """ConfigMap whose ``ca.crt`` vouches for the gateway and for this certificate."""


class SpendingArgs(TypedDict):
    """What an endpoint may cost."""

    monthly_usd: float
    """The most in a month, in USD."""
    replica_hour_usd: float
    """What an hour of one replica costs: its share of its node's price, in USD."""


class ObjectiveArgs(TypedDict):
    """When a replica has enough to do."""

    waiting: NotRequired[int]
    """Requests that may wait for one replica. Default: 4."""
    gpu_percent: NotRequired[int]
    """How busy its GPUs may be. Default: 85."""
    first_token_ms: NotRequired[int]
    """How long 95 of 100 requests may wait for their first token. Default: 2000."""


class MetricsArgs(TypedDict):
    """Where the servers' metrics go, by which they are scaled."""

    workspace_id: str
    """Workspace of Amazon Managed Service for Prometheus, ``ws-…``; above tier internal one of the
    tenant's own."""
    collector: str
    """Image of an OpenTelemetry collector with ``sigv4auth``, by digest."""


class ScannerArgs(TypedDict):
    """What scans answers before a client sees them (INF-4)."""

    image: str
    """Image of a proxy that speaks OpenAI's API, by digest."""
    arguments: NotRequired[list[str]]
    """What it is started with. Default: nothing."""


@dataclass(frozen=True)
class Release:
    """One release, read and checked."""

    name: str
    server: str
    card: ModelCard
    image: Image
    replica: Replica
    tuning: Mapping[str, str]
    prompt: str | None


@dataclass(frozen=True)
class Helpers:
    """Images beside the server's: of what verifies, collects and scans."""

    verifier: Image
    collector: Image
    scanner: Image | None
    scanner_arguments: tuple[str, ...]


def read_card(args: ModelArgs, registries: list[str], *, where: str) -> ModelCard:
    """The card that ``args`` describe.

    Raises:
        RefusedError: see ``checked``, ``read_image`` and ``ModelCard.check``.
    """
    given = checked(args, ModelArgs, where=where)
    return ModelCard(
        name=given["name"],
        version=given["version"],
        artifact=read_image(given["artifact"], where=f"{where}.artifact"),
        owner=given["owner"],
        status=parsing.choice(Status, given["status"], where=f"{where}.status"),
        submitted_by=given["submitted_by"],
        approved_by=given["approved_by"],
        retires=parsing.date(given["retires"], where=f"{where}.retires"),
        datasets=tuple(given["datasets"]),
    ).check(registries=registries, today=datetime.date.today(), where=where)


def read_release(
    name: str, server: str, args: ReleaseArgs, *, quota: Quota, registries: list[str], where: str
) -> Release:
    """The release that ``args`` describe.

    Raises:
        RefusedError: see ``checked``, ``read_card``, ``Replica.check`` and ``check_tuning``.
    """
    given = checked(args, ReleaseArgs, where=where)
    replica = checked(given.get("replica", ReplicaArgs()), ReplicaArgs, where=f"{where}.replica")
    prompt = given.get("prompt")
    return Release(
        name=name,
        server=server,
        card=read_card(given["model"], registries, where=f"{where}.model"),
        image=read_tenants_image(given["image"], registries, where=f"{where}.image"),
        replica=Replica(**replica).check(quota, where=f"{where}.replica"),
        tuning=check_tuning(given.get("tuning", {}), where=f"{where}.tuning"),
        prompt=prompt and parsing.name(prompt, where=f"{where}.prompt"),
    )


def read_helpers(
    verification: VerificationArgs,
    metrics: MetricsArgs,
    scanner: ScannerArgs | None,
    *,
    registries: list[str],
    where: str,
) -> Helpers:
    """The images beside the server's.

    Raises:
        RefusedError: an image is refused, or the key is no public one.
    """
    key = checked(verification, VerificationArgs, where=f"{where}.verification")["public_key"]
    if isinstance(key, str):
        check_public_key(key, where=f"{where}.verification.public_key")
    checked(metrics, MetricsArgs, where=f"{where}.metrics")
    given = checked(scanner, ScannerArgs, where=f"{where}.scanner") if scanner else None

    def image(reference: str, path: str) -> Image:
        return read_tenants_image(reference, registries, where=f"{where}.{path}")

    return Helpers(
        verifier=image(verification["image"], "verification.image"),
        collector=image(metrics["collector"], "metrics.collector"),
        scanner=image(given["image"], "scanner.image") if given else None,
        scanner_arguments=tuple(given.get("arguments", ())) if given else (),
    )


def read_budget(args: SpendingArgs, *, where: str) -> Budget:
    """The budget that ``args`` describe.

    Raises:
        RefusedError: see ``checked`` and ``Budget.check``.
    """
    return Budget(**checked(args, SpendingArgs, where=where)).check(where=where)


def read_objective(args: ObjectiveArgs, *, where: str) -> Objective:
    """The objective that ``args`` describe.

    Raises:
        RefusedError: see ``checked`` and ``Objective.check``.
    """
    return Objective(**checked(args, ObjectiveArgs, where=where)).check(where=where)


def read_tenants_image(reference: str, registries: list[str], *, where: str) -> Image:
    """An image that the tenant's pods may run.

    Raises:
        RefusedError: see ``read_image`` and ``check_registry``.
    """
    return check_registry(read_image(reference, where=where), registries, where=where)
