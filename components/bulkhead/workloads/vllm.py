"""How a vLLM server is started: what it serves, to whom, and what it keeps to itself."""

import json
from collections.abc import Mapping

from bulkhead.domain.admission import MODEL_PATH, VERIFY_COMMAND
from bulkhead.domain.inference import Limits
from bulkhead.workloads.endpoint_arguments import Release
from bulkhead.workloads.names import INFERENCE_PORT

LOOPBACK_PORT = 8001
"""Where a server behind a scanner listens, for its own pod alone."""

TLS_PATH, CLIENTS_PATH, PROMPT_PATH = "/etc/server/tls", "/etc/server/clients", "/etc/server/prompt"
SCRATCH_PATH = "/scratch"

SIGNATURE = "model.sig"
"""The signature among the model's files (OpenSSF model signing's own default)."""

CLIENTS_REQUIRED = 2
"""``ssl.CERT_REQUIRED`` of Python."""


def model_path(release: Release) -> str:
    """Where the model's files are."""
    return f"{MODEL_PATH}/{release.card.name}"


def command(release: Release, limits: Limits, *, scanned: bool) -> list[str]:
    """The server's command line (vLLM, "vllm serve").

    Weights are read as safetensors and never unpickled, which would run code. Neither requests nor
    answers are logged. Usage is told with every answer, also a streamed one, or the gateway could
    not count it.
    """
    return [
        *("vllm", "serve", model_path(release)),
        *("--served-model-name", release.card.name),
        *("--load-format", "safetensors"),
        *("--tensor-parallel-size", str(release.replica.gpus)),
        *("--override-generation-config", json.dumps(limits.generation_config)),
        *(("--chat-template", f"{PROMPT_PATH}/{release.prompt}") if release.prompt else ()),
        *(_loopback() if scanned else _mutual_tls()),
        "--no-enable-log-requests",
        "--disable-uvicorn-access-log",
        "--disable-fastapi-docs",
        "--enable-force-include-usage",
        *("--shutdown-timeout", str(limits.timeout_seconds)),
        *_tuned(release.tuning),
    ]


def _mutual_tls() -> list[str]:
    return [
        *("--port", str(INFERENCE_PORT)),
        *("--ssl-keyfile", f"{TLS_PATH}/tls.key"),
        *("--ssl-certfile", f"{TLS_PATH}/tls.crt"),
        *("--ssl-ca-certs", f"{CLIENTS_PATH}/ca.crt"),
        *("--ssl-cert-reqs", str(CLIENTS_REQUIRED)),
        "--enable-ssl-refresh",
    ]


def _loopback() -> list[str]:
    return ["--host", "127.0.0.1", "--port", str(LOOPBACK_PORT)]


def _tuned(tuning: Mapping[str, str]) -> list[str]:
    return [word for name, value in tuning.items() for word in (f"--{name}", value) if word]


ENVIRONMENT = {
    "HOME": f"{SCRATCH_PATH}/home",
    "USER": "vllm",
    "TMPDIR": "/tmp",  # noqa: S108
    "XDG_CACHE_HOME": f"{SCRATCH_PATH}/cache",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
}
"""Caches go where the server may write; nothing is fetched and nothing is reported. PyTorch asks
for a user's name, which an arbitrary user ID does not have (vllm#44548)."""


def verification(release: Release, key: str) -> list[str]:
    """The command line that verifies the model, and fails if any of its files is not as signed.

    A file that the signature does not know makes it fail too, except Git's own, whose handling the
    signer chose (OpenSSF model signing, ``model_signing verify key``).
    """
    return [
        *VERIFY_COMMAND,
        model_path(release),
        *("--signature", f"{model_path(release)}/{SIGNATURE}"),
        *("--public_key", key),
        "--no-ignore-git-paths",
    ]


HEALTH = [
    "python3",
    "-c",
    f"import urllib.request as r; r.urlopen('http://127.0.0.1:{LOOPBACK_PORT}/health', timeout=5)",
]
"""Asks a server behind a scanner how it is; the kubelet can't reach it from outside."""
