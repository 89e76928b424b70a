import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
from pulumi import ResourceOptions

cluster = aws.eks.Cluster(
    "cluster",
    role_arn="arn:aws:iam::111122223333:role/cluster",
    vpc_config={"subnet_ids": ["subnet-1", "subnet-2"]},
)
provider = k8s.Provider("cluster", kubeconfig=cluster.endpoint.apply(lambda e: f"server: {e}"))
inside = ResourceOptions(provider=provider)
namespace = k8s.core.v1.Namespace("shop", metadata={"name": "shop"}, opts=inside)
labels = {"app": "web"}
deployment = k8s.apps.v1.Deployment(
    "web",
    metadata={"namespace": namespace.metadata.name},
    spec={
        "selector": {"match_labels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {
                "containers": [
                    {
                        "name": "web",
                        "image": "nginx:1.29",
                        "ports": [{"container_port": 80}],
                        "env": [{"name": "ENDPOINT", "value": cluster.endpoint}],
                    }
                ]
            },
        },
    },
    opts=inside,
)
k8s.apiextensions.CustomResource(
    "queue",
    api_version="kueue.x-k8s.io/v1beta2",
    kind="LocalQueue",
    metadata={"name": "gpu", "namespace": "shop"},
    spec={"clusterQueue": "shared", "anything": {"goes": [1, 2]}},
    opts=inside,
)
k8s.helm.v3.Release(
    "redis",
    chart="redis",
    version="20.0.0",
    namespace="shop",
    repository_opts={"repo": "https://example.com/charts"},
    values={"architecture": "standalone"},
    opts=inside,
)
k8s.core.v1.NamespacePatch("patched", metadata={"name": "default", "labels": labels}, opts=inside)
pulumi.export("name", deployment.metadata.apply(lambda metadata: metadata.name))
pulumi.export("replicas", deployment.spec.replicas)
