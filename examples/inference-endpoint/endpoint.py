"""What support-assist serves: two releases of one model, who approved them, and how they run."""

from typing import Any

CARDS = {
    "v1": {"version": "3.1.0", "submitted_by": "jo@example.com", "retires": "2099-12-31"},
    "v2": {"version": "3.2.0", "submitted_by": "sam@example.com", "retires": "2099-12-31"},
}
"""What the registry says of each version besides what both share."""


def described(registry: str, digests: dict[str, str], workspace: str) -> dict[str, Any]:
    """The endpoint, but for whose it is, what it may cost, and who gets how much of it."""

    def image(path: str, name: str) -> str:
        return f"{registry}/{path}@{digests[name]}"

    return {
        "releases": {
            release: {
                "model": {
                    "name": "llama-3.1-8b",
                    "artifact": image("support-assist/models/llama", release),
                    "owner": "support-ml",
                    "status": "approved",
                    "approved_by": "kim@example.com",
                    "datasets": ["tickets@2026-08"],
                    **card,
                },
                "image": image("platform/vllm", "vllm"),
                "replica": {"gpus": 1, "cpus": 8, "memory_gib": 32},
                # A secret of its own, so that a rollback brings the old prompt back too.
                "prompt": f"support-prompt-{release}",
            }
            for release, card in CARDS.items()
        },
        "verification": {"image": image("platform/model-signing", "model-signing")},
        "certificates": {"server": "server-tls", "clients": "gateway-authority"},
        "metrics": {
            "workspace_id": workspace,
            "collector": image("platform/otel-collector", "otel-collector"),
        },
        "limits": {
            "tokens": {"day": 2_000_000, "month": 30_000_000},
            "parallel_requests": 16,
            "output_tokens": 1024,
        },
        "objective": {"waiting": 4, "first_token_ms": 1500},
    }
