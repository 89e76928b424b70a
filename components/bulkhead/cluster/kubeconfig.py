"""How Pulumi reaches a cluster's API server."""

import json

import pulumi


def kubeconfig(
    cluster_name: pulumi.Input[str],
    endpoint: pulumi.Input[str],
    certificate_authority: pulumi.Input[str],
    region: str,
) -> pulumi.Output[str]:
    """A kubeconfig, as JSON, that asks the AWS CLI for a token.

    It holds no credential. The endpoint is private: whoever uses it needs the AWS CLI, an access
    entry, and a network path into the VPC.
    """
    return pulumi.Output.all(cluster_name, endpoint, certificate_authority).apply(
        lambda values: _render(str(values[0]), str(values[1]), str(values[2]), region)
    )


def _render(cluster_name: str, endpoint: str, certificate_authority: str, region: str) -> str:
    command = ["eks", "get-token", "--cluster-name", cluster_name, "--region", region]
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": cluster_name,
                "cluster": {
                    "server": endpoint,
                    "certificate-authority-data": certificate_authority,
                },
            }
        ],
        "contexts": [
            {"name": cluster_name, "context": {"cluster": cluster_name, "user": cluster_name}}
        ],
        "current-context": cluster_name,
        "users": [
            {
                "name": cluster_name,
                "user": {
                    "exec": {
                        "apiVersion": "client.authentication.k8s.io/v1beta1",
                        "command": "aws",
                        "args": [*command, "--output", "json"],
                        "interactiveMode": "Never",
                    }
                },
            }
        ],
    }
    return json.dumps(config)
