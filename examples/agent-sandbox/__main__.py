"""Two teams whose agents run code in sandboxes, on one private EKS cluster."""

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from bulkhead import (
    AgentSandbox,
    SandboxController,
    SharedCluster,
    ToolGateway,
)

config = pulumi.Config()
account, region = config.require("accountId"), config.require("region")
registry = f"{account}.dkr.ecr.{region}.amazonaws.com"
digests = config.require_object("digests")
scope = {
    "environment": pulumi.get_stack(),
    "region": region,
    "account_id": account,
    "owner": "platform-team",
    "cost_center": "cc-100",
}

teams = {
    name: {
        "name": name,
        "tier": "internal",
        "owner": f"{name}-team",
        "cost_center": cost_center,
        "quota": {"cpus": 16, "memory_gib": 64, "storage_gib": 200},
        "people": {"developer": [f"arn:aws:iam::{account}:role/{name}-developer"]},
    }
    for name, cost_center in (("code-assist", "cc-210"), ("data-analyst", "cc-220"))
}

platform = SharedCluster(
    "agents",
    {
        "scope": scope,
        "cidr": config.require("cidr"),
        "administrators": config.require_object("administrators"),
        "tenants": list(teams.values()),
        "pools": [
            {"name": "general", "instance_types": ["m7i.4xlarge"], "min_size": 1, "max_size": 4},
            # Nothing but sandboxes lands here, each in a virtual machine of its own.
            {
                "name": "sandboxes",
                "instance_types": ["m7i.4xlarge"],
                "min_size": 1,
                "max_size": 4,
                "runtimes": ["kata"],
            },
        ],
        "kata": {
            "installer": f"{registry}/kata-deploy:4.1.0@{digests['kata-deploy']}",
            "kubectl": f"{registry}/kata-kubectl@{digests['kata-kubectl']}",
        },
    },
    pulumi.ResourceOptions(
        provider=aws.Provider("aws", region=region, allowed_account_ids=[account])
    ),
)
inside = pulumi.ResourceOptions(
    provider=k8s.Provider(
        "agents-cluster",
        kubeconfig=platform.kubeconfig,
        opts=pulumi.ResourceOptions(depends_on=[platform]),
    ),
    depends_on=[platform],
)
networks = config.require_object("networks")

controller = SandboxController(
    "sandbox-controller",
    {
        "scope": scope,
        "tier": "internal",
        "chart": f"oci://{registry}/charts/agent-sandbox",
        "image": f"{registry}/agent-sandbox-controller:v0.5.6@{digests['agent-sandbox']}",
        "cluster_cidrs": networks["cluster"],
    },
    inside,
)

# The controllers behind it come with the platform's gateway: GatewayControllers, docs/gateway.md.
# Reads the issue tracker and the package index; writes nothing but comments.
tools = ToolGateway(
    "tools",
    {
        "scope": scope,
        "tier": "internal",
        "host": "tools.dev.example.com",
        "certificate": "tools-server",
        "issuer": {
            "url": "https://login.example.com/",
            "jwks_uri": "https://login.example.com/keys",
            "audiences": ["tools"],
        },
        "networks": {"servers": networks["tools"], "issuer": networks["issuer"]},
        "servers": [
            {
                "name": "tracker",
                "host": "tracker.example.com",
                "tools": ["search_issues", "comment_issue"],
                "secret": "tracker-key",
            },
            {"name": "warehouse", "host": "warehouse.example.com", "tools": ["run_readonly_query"]},
        ],
        "tenants": list(teams),
        "grants": [
            {
                "tenant": "code-assist",
                "server": "tracker",
                "tools": ["search_issues", "comment_issue"],
            },
            {"tenant": "data-analyst", "server": "tracker", "tools": ["search_issues"]},
            {"tenant": "data-analyst", "server": "warehouse", "tools": ["run_readonly_query"]},
        ],
    },
    inside,
)

for name, team in teams.items():
    AgentSandbox(
        f"{name}-sandbox",
        {
            "scope": scope,
            "tenant": team,
            # gvisor needs an image with runsc; on the node's own kernel it is refused.
            "runtime": config.get("runtime", "kata"),
            "image": f"{registry}/{pulumi.get_stack()}/internal/{name}/python@{digests[name]}",
            "cpus": 2,
            "memory_gib": 4,
            "most": 6,
            "warm": 2,
            "hours": 2,
        },
        pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=[controller])),
    )

pulumi.export("kubeconfig", platform.kubeconfig)
pulumi.export("tools", tools.urls)
