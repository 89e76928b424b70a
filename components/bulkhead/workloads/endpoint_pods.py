"""The pods of an endpoint: what is verified first, what serves, what counts, and their volumes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bulkhead.cluster.admission.limits import GPU
from bulkhead.domain.admission import SERVICE_ACCOUNT
from bulkhead.domain.images import Image
from bulkhead.domain.inference import Limits
from bulkhead.domain.pods import Runtime
from bulkhead.domain.priorities import INFERENCE
from bulkhead.workloads import vllm
from bulkhead.workloads.endpoint_arguments import Helpers, Release
from bulkhead.workloads.names import INFERENCE_PORT

USER = 2000
"""The user ``vllm`` of vLLM's own image."""

SIGNER_FILE, CONFIGURATION_FILE = "signer.pem", "collector.json"
SIGNER_PATH, COLLECTOR_PATH = "/etc/signer", "/etc/collector"

UNNOTICED_SECONDS = 15
"""How long proxies may still send requests to a pod that is going: they learn of it by way of the
API server and Envoy's configuration."""

START_MINUTES = 30
"""What a server may take until it has loaded its model and compiled its kernels."""

SHARED_MEMORY_GIB = 2
"""Through which the processes of several GPUs speak (vLLM, "Using Kubernetes")."""

CONFINED = {
    "allow_privilege_escalation": False,
    "capabilities": {"drop": ["ALL"]},
    "read_only_root_filesystem": True,
}
"""What the restricted Pod Security Standard asks of a container, and a root that is read only."""

Spec = dict[str, Any]


@dataclass(frozen=True)
class Places:
    """Names of what pods mount, and the nodes they land on.

    Attributes:
        certificates: TLS Secret of the servers.
        clients: ConfigMap of who vouches for clients.
        signer: ConfigMap with the public key of who signs models.
        collector: ConfigMap with the collector's configuration.
        selector: label of the tenant's own nodes, empty where tenants share them.
        runtime: runtime class.
    """

    certificates: str
    clients: str
    signer: str
    collector: str
    selector: Mapping[str, str]
    runtime: Runtime


def pod_spec(
    release: Release,
    helpers: Helpers,
    places: Places,
    limits: Limits,
    *,
    selected: Mapping[str, str],
    prompt: Spec | None,
) -> Spec:
    """The specification of a release's pods, which the labels ``selected`` tell from all others.

    The init container verifies the very volume that the server reads: both mount the one image,
    which nothing can write, so that no other file can come in between.
    """
    return {
        "service_account_name": SERVICE_ACCOUNT,
        "automount_service_account_token": False,
        "enable_service_links": False,
        "priority_class_name": INFERENCE,
        **({"runtime_class_name": str(places.runtime)} if places.runtime else {}),
        **({"node_selector": dict(places.selector)} if places.selector else {}),
        "tolerations": _tolerations(places.selector),
        "termination_grace_period_seconds": 2 * UNNOTICED_SECONDS + limits.timeout_seconds,
        "security_context": {
            "run_as_non_root": True,
            "run_as_user": USER,
            "run_as_group": USER,
            "fs_group": USER,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
        "topology_spread_constraints": _spread(selected),
        "init_containers": [
            _verifier(release, helpers),
            _collector(release, helpers),
            *([_scanner(helpers.scanner, helpers)] if helpers.scanner else []),
        ],
        "containers": [_server(release, limits, prompt, scanned=helpers.scanner is not None)],
        "volumes": _volumes(release, places, prompt, scanned=helpers.scanner is not None),
    }


def _spread(labels: Mapping[str, str]) -> list[Spec]:
    """Over zones and nodes as well as their GPUs allow: a pod that waits for one serves nobody."""
    return [
        {
            "max_skew": 1,
            "topology_key": key,
            "when_unsatisfiable": "ScheduleAnyway",
            "label_selector": {"match_labels": dict(labels)},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]


def _tolerations(selector: Mapping[str, str]) -> list[Spec]:
    return [
        {"key": GPU, "operator": "Exists", "effect": "NoSchedule"},
        *(
            {"key": key, "operator": "Equal", "value": value, "effect": "NoSchedule"}
            for key, value in selector.items()
        ),
    ]


def _verifier(release: Release, helpers: Helpers) -> Spec:
    """It takes what the server takes later, since it reads the whole model."""
    replica = release.replica
    return {
        "name": "verify",
        "image": helpers.verifier.reference,
        "command": vllm.verification(release, f"{SIGNER_PATH}/{SIGNER_FILE}"),
        "resources": _resources(replica.cpus, f"{replica.memory_gib}Gi", "1Gi"),
        "security_context": CONFINED,
        "volume_mounts": [_model(release), _mount("signer", SIGNER_PATH)],
    }


def _server(release: Release, limits: Limits, prompt: Spec | None, *, scanned: bool) -> Spec:
    replica = release.replica
    probes = _asked() if scanned else _connected()
    return {
        "name": "server",
        "image": release.image.reference,
        "command": vllm.command(release, limits, scanned=scanned),
        "env": [{"name": name, "value": value} for name, value in vllm.ENVIRONMENT.items()],
        **({} if scanned else {"ports": _ports()}),
        "resources": _resources(
            replica.cpus, f"{replica.memory_gib}Gi", f"{replica.scratch_gib}Gi", replica.gpus
        ),
        "security_context": CONFINED,
        "lifecycle": {"pre_stop": {"sleep": {"seconds": UNNOTICED_SECONDS}}},
        **probes,
        "volume_mounts": [
            _model(release),
            _mount("scratch", vllm.SCRATCH_PATH, read_only=False),
            _mount("tmp", "/tmp", read_only=False),  # noqa: S108
            _mount("shm", "/dev/shm", read_only=False),  # noqa: S108
            *([] if scanned else _certificates()),
            *([_mount(prompt["name"], vllm.PROMPT_PATH)] if prompt else []),
        ],
    }


def _collector(release: Release, helpers: Helpers) -> Spec:
    """A sidecar that sends the server's metrics away, so that nobody but the gateway comes in."""
    pod = {"name": "POD_NAME", "value_from": {"field_ref": {"field_path": "metadata.name"}}}
    scanned = helpers.scanner is not None
    return {
        "name": "collector",
        "image": helpers.collector.reference,
        "args": [f"--config={COLLECTOR_PATH}/{CONFIGURATION_FILE}"],
        "env": [pod],
        "restart_policy": "Always",
        "resources": _resources("100m", "256Mi", "256Mi"),
        "security_context": CONFINED,
        "volume_mounts": [
            _mount("collector", COLLECTOR_PATH),
            *([] if scanned else _certificates()),
        ],
    }


def _scanner(image: Image, helpers: Helpers) -> Spec:
    """The only way to the server, which listens to its own pod alone."""
    return {
        "name": "scanner",
        "image": image.reference,
        "args": list(helpers.scanner_arguments),
        "env": [
            {"name": "UPSTREAM_URL", "value": f"http://127.0.0.1:{vllm.LOOPBACK_PORT}/v1"},
            {"name": "HOME", "value": "/tmp"},  # noqa: S108
        ],
        "restart_policy": "Always",
        "ports": _ports(),
        "resources": _resources("1", "2Gi", "1Gi"),
        "security_context": CONFINED,
        "lifecycle": {"pre_stop": {"sleep": {"seconds": UNNOTICED_SECONDS}}},
        **_connected(),
        "volume_mounts": [*_certificates(), _mount("scanner-tmp", "/tmp", read_only=False)],  # noqa: S108
    }


def _ports() -> list[Spec]:
    return [{"name": "https", "container_port": INFERENCE_PORT}]


def _connected() -> Spec:
    """Probes by a connection: a kubelet has no certificate that the server would take.

    vLLM listens once its model is loaded, and ends by itself when its engine has died.
    """
    return _probes({"tcp_socket": {"port": INFERENCE_PORT}})


def _asked() -> Spec:
    return _probes({"exec": {"command": vllm.HEALTH}}, timeout_seconds=10)


def _probes(how: Spec, **more: Any) -> Spec:
    period = 10
    return {
        "startup_probe": {
            **how,
            **more,
            "period_seconds": period,
            "failure_threshold": START_MINUTES * 60 // period,
        },
        "readiness_probe": {**how, **more, "period_seconds": period, "failure_threshold": 2},
        "liveness_probe": {**how, **more, "period_seconds": period, "failure_threshold": 6},
    }


def _resources(cpus: int | str, memory: str, disk: str, gpus: int = 0) -> Spec:
    """Requests and limits alike, so that no neighbour takes what was promised."""
    asked = {
        "cpu": str(cpus),
        "memory": memory,
        "ephemeral-storage": disk,
        **({GPU: str(gpus)} if gpus else {}),
    }
    return {"requests": asked, "limits": asked}


def _mount(name: str, path: str, *, read_only: bool = True) -> Spec:
    return {"name": name, "mount_path": path, "read_only": read_only}


def _model(release: Release) -> Spec:
    return _mount("model", vllm.model_path(release))


def _certificates() -> list[Spec]:
    return [_mount("certificates", vllm.TLS_PATH), _mount("clients", vllm.CLIENTS_PATH)]


def _volumes(release: Release, places: Places, prompt: Spec | None, *, scanned: bool) -> list[Spec]:
    scratch = {"size_limit": f"{release.replica.scratch_gib}Gi"}
    return [
        {
            "name": "model",
            "image": {
                "reference": release.card.artifact.reference,
                "pull_policy": "IfNotPresent",
            },
        },
        {"name": "scratch", "empty_dir": scratch},
        {"name": "tmp", "empty_dir": {"size_limit": "1Gi"}},
        {
            "name": "shm",
            "empty_dir": {"medium": "Memory", "size_limit": f"{SHARED_MEMORY_GIB}Gi"},
        },
        *([{"name": "scanner-tmp", "empty_dir": {"size_limit": "1Gi"}}] if scanned else []),
        {"name": "signer", "config_map": {"name": places.signer}},
        {"name": "collector", "config_map": {"name": places.collector}},
        {"name": "clients", "config_map": {"name": places.clients}},
        {
            "name": "certificates",
            "secret": {"secret_name": places.certificates, "default_mode": 0o440},
        },
        *([prompt] if prompt else []),
    ]
