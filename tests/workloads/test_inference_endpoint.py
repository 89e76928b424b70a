"""What an endpoint renders (INF-4 to INF-7, OBS-1)."""

import json
from typing import Any

import pytest

from bulkhead import InferenceEndpoint
from bulkhead.preview.plan import Plan
from bulkhead.workloads.endpoint_routes import route_of
from tests.foundation.samples import one, planned, statements, strings
from tests.workloads.endpoints import (
    KEY,
    OWN,
    WORKSPACE,
    arguments,
    card,
    digest,
    endpoint,
    release,
)

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SCALER = "kubernetes:keda.sh/v1alpha1:ScaledObject"
CONFIG = "kubernetes:core/v1:ConfigMap"
CLASS = "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass"
SERVICE = "kubernetes:core/v1:Service"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return endpoint()


def template(plan: Plan, server: str = "llama-v1") -> dict[str, Any]:
    found: dict[str, Any] = one(plan, DEPLOYMENT, f"{server}-*").inputs["spec"]["template"]
    return found


def container(plan: Plan, name: str, server: str = "llama-v1") -> dict[str, Any]:
    spec = template(plan, server)["spec"]
    (found,) = (c for c in spec["initContainers"] + spec["containers"] if c["name"] == name)
    return dict(found)


def after(words: list[str], option: str) -> str:
    """What follows an option on a command line."""
    return words[words.index(option) + 1]


def test_the_model_is_an_image_by_digest_that_nobody_can_write(plan: Plan) -> None:
    spec = template(plan)["spec"]
    (model,) = (volume for volume in spec["volumes"] if volume["name"] == "model")
    assert model["image"]["reference"] == f"{OWN}/models/llama@{digest('b')}"
    for each in spec["initContainers"] + spec["containers"]:
        for mount in each["volumeMounts"]:
            if mount["name"] == "model":
                assert mount["readOnly"] is True


def test_the_volume_that_is_verified_first_is_the_one_that_is_served(plan: Plan) -> None:
    spec = template(plan)["spec"]
    assert spec["initContainers"][0]["name"] == "verify"
    mounts = [
        mount
        for name in ("verify", "server")
        for mount in container(plan, name)["volumeMounts"]
        if mount["name"] == "model"
    ]
    assert mounts[0] == mounts[1]
    path = mounts[0]["mountPath"]
    command = container(plan, "verify")["command"]
    assert command[:4] == ["model_signing", "verify", "key", path]
    assert after(command, "--signature") == f"{path}/model.sig"
    assert container(plan, "server")["command"][:3] == ["vllm", "serve", path]


def test_the_key_of_who_signs_is_told_and_nothing_is_left_out_of_what_it_signs(plan: Plan) -> None:
    command = container(plan, "verify")["command"]
    (signer,) = (m for m in container(plan, "verify")["volumeMounts"] if m["name"] == "signer")
    assert signer["readOnly"] is True
    key = after(command, "--public_key").removeprefix(f"{signer['mountPath']}/")
    assert one(plan, CONFIG, "llama-signer*").inputs["data"] == {key: KEY}
    for loose in ("--ignore_unsigned_files", "--ignore-paths", "--allow_symlinks"):
        assert loose not in command
    assert "restartPolicy" not in container(plan, "verify")


def test_pods_are_restricted_and_hold_no_token(plan: Plan) -> None:
    spec = template(plan)["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["serviceAccountName"] == "inference-server"
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for each in spec["initContainers"] + spec["containers"]:
        context = each["securityContext"]
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert set(each["resources"]["limits"]) >= {"cpu", "memory", "ephemeral-storage"}
    for volume in spec["volumes"]:
        if "emptyDir" in volume:
            assert volume["emptyDir"]["sizeLimit"], volume


def test_a_replica_takes_what_it_says_and_no_more(plan: Plan) -> None:
    resources = container(plan, "server")["resources"]
    assert resources["limits"] == {
        "cpu": "8",
        "memory": "32Gi",
        "ephemeral-storage": "20Gi",
        "nvidia.com/gpu": "1",
    }
    assert resources["requests"] == resources["limits"]


def test_clients_show_a_certificate_of_the_gateway_s_authority(plan: Plan) -> None:
    command = container(plan, "server")["command"]
    assert after(command, "--ssl-cert-reqs") == "2"
    paths = {m["name"]: m["mountPath"] for m in container(plan, "server")["volumeMounts"]}
    assert after(command, "--ssl-ca-certs") == f"{paths['clients']}/ca.crt"
    assert after(command, "--ssl-keyfile") == f"{paths['certificates']}/tls.key"
    assert after(command, "--port") == "8000"


def test_the_server_runs_no_code_of_the_model_and_logs_nothing_of_requests(plan: Plan) -> None:
    command = container(plan, "server")["command"]
    assert after(command, "--load-format") == "safetensors"
    assert {"--no-enable-log-requests", "--disable-uvicorn-access-log"} <= set(command)
    assert "--trust-remote-code" not in command
    assert "--enable-force-include-usage" in command


def test_the_server_holds_the_length_of_answers() -> None:
    plan = endpoint(limits={"output_tokens": 256, "timeout_seconds": 60})
    command = container(plan, "server")["command"]
    held = json.loads(after(command, "--override-generation-config"))
    assert held == {"max_new_tokens": 256}


def test_a_pod_that_goes_ends_its_answers_first(plan: Plan) -> None:
    server = container(plan, "server")
    waits = server["lifecycle"]["preStop"]["sleep"]["seconds"]
    drains = int(after(server["command"], "--shutdown-timeout"))
    assert template(plan)["spec"]["terminationGracePeriodSeconds"] > waits + drains
    assert drains == 120


def test_a_system_prompt_is_a_file_of_its_own_release_alone(plan: Plan) -> None:
    for server, secret in (("llama-v1", "support-prompt-1"), ("llama-v2", "support-prompt-2")):
        command = container(plan, "server", server)["command"]
        mounts = {m["name"]: m for m in container(plan, "server", server)["volumeMounts"]}
        assert after(command, "--chat-template") == f"{mounts[server]['mountPath']}/{secret}"
        assert mounts[server]["readOnly"] is True
        (file,) = json.loads(one(plan, CLASS, server).inputs["spec"]["parameters"]["objects"])
        assert file["objectName"] == f"bulkhead/dev/internal/acme/{secret}"
        notes = template(plan, server)["metadata"]["annotations"]
        assert notes["bulkhead.dev/prompt"] == secret
        named = [m["name"] for n in ("verify", "collector") for m in
                 container(plan, n, server)["volumeMounts"]]  # fmt: skip
        assert server not in named


def test_without_a_prompt_the_model_s_own_template_holds() -> None:
    plan = endpoint(releases={"v1": release()})
    assert "--chat-template" not in container(plan, "server")["command"]
    assert not list(plan.of_type(CLASS))


def test_pods_tell_the_card_by_which_records_are_joined(plan: Plan) -> None:
    labels = template(plan)["metadata"]["labels"]
    assert labels["bulkhead.dev/role"] == "inference-server"
    assert labels["bulkhead.dev/model"] == "llama-3.1-8b"
    assert labels["bulkhead.dev/cost-center"] == "cc-42"
    notes = template(plan)["metadata"]["annotations"]
    assert notes["bulkhead.dev/model-digest"] == digest("b")
    assert notes["bulkhead.dev/dataset-versions"] == "tickets@2026-08"


def test_each_release_is_reached_and_kept_up_by_itself(plan: Plan) -> None:
    for name in ("v1", "v2"):
        service = one(plan, SERVICE, f"llama-{name}-*").inputs
        chosen = service["spec"]["selector"]
        assert chosen == {"bulkhead.dev/workload": "llama", "bulkhead.dev/release": name}
        assert chosen.items() <= template(plan, f"llama-{name}")["metadata"]["labels"].items()
        assert service["spec"]["type"] == "ClusterIP"
        budget = one(plan, "kubernetes:policy/v1:PodDisruptionBudget", f"llama-{name}-*").inputs[
            "spec"
        ]
        assert budget == {"maxUnavailable": 1, "selector": {"matchLabels": chosen}}
        for constraint in template(plan, f"llama-{name}")["spec"]["topologySpreadConstraints"]:
            assert constraint["labelSelector"] == {"matchLabels": chosen}


def test_releases_share_the_ceiling_that_the_budget_sets(plan: Plan) -> None:
    # 6,000 USD carry five replicas at 1.5 an hour; GPUs and the environment four; each gets half.
    for name in ("v1", "v2"):
        spec = one(plan, SCALER, f"llama-{name}-*").inputs["spec"]
        assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (1, 2)
    cheap = endpoint(budget={"monthly_usd": 2300, "replica_hour_usd": 1.5})
    assert one(cheap, SCALER, "llama-v1-*").inputs["spec"]["maxReplicaCount"] == 1


def test_replicas_follow_requests_accelerators_and_latency(plan: Plan) -> None:
    spec = one(plan, SCALER, "llama-v1-*").inputs["spec"]
    triggers = {trigger["name"]: trigger for trigger in spec["triggers"]}
    assert set(triggers) == {"waiting", "accelerators", "first-token"}
    for trigger in triggers.values():
        found = trigger["metadata"]
        assert found["serverAddress"].endswith(f"/workspaces/{WORKSPACE}")
        assert "llama-v1" in found["query"]
        assert "llama-v2" not in found["query"]
        assert trigger["authenticationRef"] == {"name": "llama-metrics"}
    assert triggers["waiting"]["metadata"]["ignoreNullValues"] == "false"
    assert spec["fallback"]["behavior"] == "currentReplicasIfHigher"
    assert "replicas" not in one(plan, DEPLOYMENT, "llama-v1-*").inputs["spec"]


def test_the_collector_sends_away_what_it_is_scaled_by_and_opens_no_port(plan: Plan) -> None:
    collector = container(plan, "collector")
    assert "ports" not in collector
    assert collector["restartPolicy"] == "Always"
    settings = json.loads(one(plan, CONFIG, "llama-v1-collector*").inputs["data"]["collector.json"])
    (scrape,) = settings["receivers"]["prometheus"]["config"]["scrape_configs"]
    assert scrape["static_configs"][0]["targets"] == ["127.0.0.1:8000"]
    (kept,) = scrape["metric_relabel_configs"]
    assert kept["action"] == "keep"
    assert "prompt" not in kept["regex"]
    (sent,) = settings["exporters"].values()
    assert sent["endpoint"].endswith(f"/workspaces/{WORKSPACE}/api/v1/remote_write")
    policy = statements(
        one(plan, "aws:iam/rolePolicy:RolePolicy", "llama-metrics").inputs["policy"]
    )
    assert policy["SendMetrics"]["Action"] == ["aps:RemoteWrite"]
    assert policy["SendMetrics"]["Resource"].endswith(f":workspace/{WORKSPACE}")


SCANNED = {"image": f"{OWN}/scanner@{digest('d')}", "arguments": ["--port", "8000"]}


def test_behind_a_scanner_the_server_listens_to_its_own_pod_alone() -> None:
    plan = endpoint(scanner=SCANNED)
    server, scanner = container(plan, "server"), container(plan, "scanner")
    assert after(server["command"], "--host") == "127.0.0.1"
    assert "ports" not in server
    assert [port["containerPort"] for port in scanner["ports"]] == [8000]
    upstream = {each["name"]: each["value"] for each in scanner["env"]}["UPSTREAM_URL"]
    assert upstream == f"http://127.0.0.1:{after(server['command'], '--port')}/v1"
    assert {m["name"] for m in scanner["volumeMounts"]} >= {"certificates", "clients"}
    assert "certificates" not in {m["name"] for m in server["volumeMounts"]}


def test_own_nodes_are_selected_and_their_taint_tolerated() -> None:
    spec = template(endpoint(nodes="tenant"))["spec"]
    assert spec["nodeSelector"] == {"bulkhead.dev/tenant": "acme"}
    assert {t["key"] for t in spec["tolerations"]} == {"nvidia.com/gpu", "bulkhead.dev/tenant"}
    assert "nodeSelector" not in template(endpoint())["spec"]


def test_a_runtime_class_is_named() -> None:
    assert template(endpoint(runtime="gvisor"))["spec"]["runtimeClassName"] == "gvisor"
    assert "runtimeClassName" not in template(endpoint())["spec"]


def resources(plan: Plan) -> dict[str, dict[str, Any]]:
    return {resource.urn: resource.inputs for resource in plan.resources}


def test_a_rollback_changes_no_server() -> None:
    forward, back = endpoint(traffic={"v2": 100}), endpoint(traffic={"v1": 100})
    assert resources(forward) == resources(back)
    assert "v1" in {
        r.inputs["metadata"]["labels"]["bulkhead.dev/release"] for r in forward.of_type(SCALER)
    }


@pytest.mark.parametrize(
    ("traffic", "weights"),
    [({"v1": 100}, [100, 0]), ({"v1": 90, "v2": 10}, [90, 10]), ({"v2": 100}, [0, 100])],
)
def test_the_gateway_is_told_the_parts_of_the_releases(
    traffic: dict[str, int], weights: list[int]
) -> None:
    from bulkhead.workloads.inference_arguments import read_routes

    routes: list[Any] = []

    def program() -> None:
        routes.append(InferenceEndpoint("llama", arguments(traffic=traffic)).route())

    planned(program)
    described = {k: v for k, v in arguments(traffic=traffic).items() if k != "role_arn"}
    assert route_of("llama", described) == routes[0], "a gateway that comes first is told the same"
    (route,) = read_routes(routes, proxies=2, where="models")
    assert [each.weight for each in route.releases] == weights
    assert [each.server for each in route.releases] == ["llama-v1", "llama-v2"]
    assert [each.version for each in route.releases] == [digest("b"), digest("c")]
    assert (route.tenant, route.model) == ("acme", "llama-3.1-8b")


def test_no_secret_stands_anywhere(plan: Plan) -> None:
    words = " ".join(text for each in plan.resources for text in strings(each.inputs))
    assert "PRIVATE" not in words


def test_a_third_release_is_of_the_same_model() -> None:
    three = {f"v{n}": release(card(f"3.{n}.0", letter)) for n, letter in enumerate("bcd", start=1)}
    plan = endpoint(releases=three)
    assert len(list(plan.of_type(DEPLOYMENT))) == 3
