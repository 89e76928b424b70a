"""The API server takes every way of saying who signs images, and no field is one too many."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from bulkhead import ImageVerification
from bulkhead.preview.run import preview_function
from tests.control_plane import crds
from tests.control_plane.api import Api, ApiRefusalError
from tests.control_plane.plane import ControlPlane
from tests.control_plane.rendered import applied, objects
from tests.workloads.test_image_verification import KMS_KEY, SIGNER, SIGSTORE, TRUSTED, arguments

GROUP = "policy.sigstore.dev"


def program() -> None:
    trusted = {**TRUSTED, "kms_keys": {"kms": KMS_KEY}, "signers": {"workflow": SIGNER}}
    ImageVerification(
        "images",
        arguments(trusted=[trusted], sigstore=SIGSTORE),
        pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}")),
    )


@pytest.fixture(scope="module")
def made() -> list[dict[str, Any]]:
    return [
        each
        for each in objects(preview_function(program, assume_applied=True))
        if each["apiVersion"].startswith(GROUP)
    ]


@pytest.fixture(scope="module")
def api(plane: ControlPlane, defined: crds.Definitions, made: list[dict[str, Any]]) -> Any:
    found = [each for each in defined.found if each["spec"]["group"] == GROUP]
    with crds.installed(plane.api, found):
        if unserved := crds.unserved(plane.api, made):
            pytest.skip(f"no definition of {', '.join(sorted(unserved))} can be had")
        yield plane.api


def test_the_objects_are_taken_strictly(api: Api, made: list[dict[str, Any]]) -> None:
    assert [each["kind"] for each in made] == ["TrustRoot", "ClusterImagePolicy"]
    with applied(api, made):
        (policy,) = (each for each in made if each["kind"] == "ClusterImagePolicy")
        kept = api.get(policy)["spec"]["authorities"]
        assert kept == policy["spec"]["authorities"]


def test_a_misspelt_field_of_an_authority_is_refused(api: Api, made: list[dict[str, Any]]) -> None:
    (policy,) = (each for each in made if each["kind"] == "ClusterImagePolicy")
    (authority, *_) = policy["spec"]["authorities"]
    spec = {**policy["spec"], "authorities": [{**authority, "keyles": {}}]}
    with pytest.raises(ApiRefusalError, match="keyles"):
        api.apply({**policy, "spec": spec}, dryRun="All")
