import json

import pulumi

from bulkhead.cluster.kubeconfig import kubeconfig
from tests.foundation.samples import planned


def test_a_kubeconfig_asks_the_aws_cli_for_a_token_and_holds_none() -> None:
    def program() -> None:
        pulumi.export("file", kubeconfig("dev-shared", "https://x", "Q0E=", "eu-central-1"))

    config = json.loads(planned(program).outputs["file"])
    (cluster,), (user,) = config["clusters"], config["users"]
    assert cluster["cluster"] == {"server": "https://x", "certificate-authority-data": "Q0E="}
    assert set(user["user"]) == {"exec"}
    assert user["user"]["exec"]["command"] == "aws"
    assert user["user"]["exec"]["args"][:4] == ["eks", "get-token", "--cluster-name", "dev-shared"]
    assert config["current-context"] == config["contexts"][0]["name"]
