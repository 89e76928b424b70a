"""Signatures of images, from the tenants file to what admission asks for (INF-5, TRN-1)."""

from collections.abc import Callable
from pathlib import Path

from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_environment, preview_stack
from tests.foundation.samples import one
from tests.stacks.environments import Edit

PROJECT = load_project(Path(__file__).parents[2])
POLICY = "kubernetes:policy.sigstore.dev/v1beta1:ClusterImagePolicy"


def test_each_tiers_images_are_verified_by_the_key_of_its_own_builders() -> None:
    foundation, cluster, workloads = preview_environment(
        PROJECT, "dev", Options(assume_applied=True)
    )
    keys = foundation.outputs["signing_keys"]
    assert set(keys) == {"public", "internal"}
    for tier, key in keys.items():
        spec = one(cluster, POLICY, f"*-{tier}").inputs["spec"]
        registry = f"111122223333.dkr.ecr.eu-central-1.amazonaws.com/dev/{tier}"
        assert spec["images"] == [{"glob": f"{registry}**"}]
        assert [each["key"]["data"] for each in spec["authorities"]] == [key]
    included = {
        each.inputs["metadata"]["name"]
        for each in workloads.of_type("kubernetes:core/v1:Namespace")
        if each.inputs["metadata"]["labels"].get("policy.sigstore.dev/include") == "true"
    }
    tenants = {"support-assist", "support-assist-training", "doc-summary", "market-research"}
    assert included == {*tenants, "doc-summary-sandbox"}


def test_an_image_of_what_verifies_is_named_by_digest(edited: Callable[[Edit], str]) -> None:
    path = "tenants.test.yaml: clusters.shared.verifier_images.controller"

    def by_tag(content: dict[str, dict[str, dict[str, dict[str, str]]]]) -> None:
        content["clusters"]["shared"]["verifier_images"]["controller"] = "policy-controller:latest"

    config = {"bulkhead:tenants": edited(by_tag)}
    plan = preview_stack(PROJECT, "dev-cluster", Options(config=config))
    assert plan.resources == []
    (error,) = plan.errors
    assert error.message.startswith(f"{path}: an image is mirrored to a private registry and named")
