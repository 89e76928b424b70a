from tests.policies.parts import ACCOUNT, DEPLOYMENT, IMAGE, POD
from tests.policies.scenes import UNKNOWN, Twins

PLACE = "spec/containers/0/image"
REGISTRY = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com"
DIGEST = f"sha256:{'0' * 64}"

TWINS = {
    "bulkhead-image-deny-latest": Twins(
        good=(POD,),
        bad=(POD.but(PLACE, f"{REGISTRY}/server:latest"),),
        unknown=(POD.but(PLACE, UNKNOWN),),
        more_good={"latest by digest": (POD.but(PLACE, f"{REGISTRY}/server:latest@{DIGEST}"),)},
        more_bad={"no tag": (POD.but(PLACE, f"{REGISTRY}/models/server"),)},
    ),
    "bulkhead-image-pin-digest": Twins(
        good=(POD,),
        bad=(POD.but(PLACE, f"{REGISTRY}/server:1.2.3"),),
        unknown=(POD.but(PLACE, UNKNOWN),),
        more_good={"tag and digest": (POD.but(PLACE, f"{REGISTRY}/server:1.2.3@{DIGEST}"),)},
        more_bad={
            "short digest": (POD.but(PLACE, f"{REGISTRY}/server@sha256:0"),),
            "patch": (
                DEPLOYMENT.as_type("kubernetes:apps/v1:DeploymentPatch").but(
                    "spec/template/spec/containers",
                    [{"name": "server", "image": f"{REGISTRY}/server:1.2.3"}],
                ),
            ),
        },
    ),
    "bulkhead-image-allow-registries": Twins(
        good=(POD,),
        bad=(POD.but(PLACE, f"ghcr.io/anyone/server@{DIGEST}"),),
        unknown=(POD.but(PLACE, UNKNOWN),),
        more_bad={
            "Docker Hub": (POD.but(PLACE, f"vllm/vllm-openai@{DIGEST}"),),
            "a name that only resembles": (POD.but(PLACE, f"evil.io/{IMAGE}"),),
            "a port": (POD.but(PLACE, f"mirror:5000/server@{DIGEST}"),),
        },
    ),
}
