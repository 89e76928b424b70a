"""ARNs and IDs that AWS gives the resources it makes, by service convention.

Templates are those of ``values``; besides, ``{arn}`` and ``{id}`` stand for the resource's own.
Sources: the resource types of each service in AWS' Service Authorization Reference, and what the
Terraform provider's documentation says of IDs and attributes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Convention:
    """How AWS names a type of resource.

    Attributes:
        arn: template of the ARN from the service on, empty if the type has none.
        id: template of the ID, by default the physical name.
        outputs: templates of further outputs.
        named_by: the input that holds the physical name, if its own name doesn't tell.
        prefix: what an automatic name starts with.
    """

    arn: str = ""
    id: str = "{name}"
    outputs: Mapping[str, Any] = field(default_factory=dict)
    named_by: str = ""
    prefix: str = ""


ARN = "arn:{partition}:"
"""How every ARN starts."""

HERE = "{region}:{account}"
"""Where most resources are, in the middle of their ARN."""

_EC2 = {
    "ebs/snapshot": ("snap", "snapshot"),
    "ebs/volume": ("vol", "volume"),
    "ec2/ami": ("ami", "image"),
    "ec2/capacityBlockReservation": ("cr", "capacity-reservation"),
    "ec2/capacityReservation": ("cr", "capacity-reservation"),
    "ec2/customerGateway": ("cgw", "customer-gateway"),
    "ec2/dedicatedHost": ("h", "dedicated-host"),
    "ec2/defaultNetworkAcl": ("acl", "network-acl"),
    "ec2/defaultRouteTable": ("rtb", "route-table"),
    "ec2/defaultSecurityGroup": ("sg", "security-group"),
    "ec2/egressOnlyInternetGateway": ("eigw", "egress-only-internet-gateway"),
    "ec2/flowLog": ("fl", "vpc-flow-log"),
    "ec2/internetGateway": ("igw", "internet-gateway"),
    "ec2/launchTemplate": ("lt", "launch-template"),
    "ec2/managedPrefixList": ("pl", "prefix-list"),
    "ec2/natGateway": ("nat", "natgateway"),
    "ec2/networkAcl": ("acl", "network-acl"),
    "ec2/networkInterface": ("eni", "network-interface"),
    "ec2/routeTable": ("rtb", "route-table"),
    "ec2/routeTableAssociation": ("rtbassoc", ""),
    "ec2/securityGroup": ("sg", "security-group"),
    "ec2/securityGroupRule": ("sgrule", "security-group-rule"),
    "ec2/subnet": ("subnet", "subnet"),
    "ec2/vpc": ("vpc", "vpc"),
    "ec2/vpcDhcpOptions": ("dopt", "dhcp-options"),
    "ec2/vpcEndpointService": ("vpce-svc", "vpc-endpoint-service"),
    "ec2/vpcPeeringConnection": ("pcx", "vpc-peering-connection"),
    "ec2/vpnGateway": ("vgw", "vpn-gateway"),
    "ec2transitgateway/transitGateway": ("tgw", "transit-gateway"),
    "ec2transitgateway/vpcAttachment": ("tgw-attach", "transit-gateway-attachment"),
    "vpc/securityGroupEgressRule": ("sgr", "security-group-rule"),
    "vpc/securityGroupIngressRule": ("sgr", "security-group-rule"),
}
"""ID prefix and ARN resource type of what EC2 numbers."""

_NAMED = {
    "accessanalyzer/analyzer": "access-analyzer:{here}:analyzer/{name}",
    "athena/workgroup": "athena:{here}:workgroup/{name}",
    "backup/vault": "backup:{here}:backup-vault:{name}",
    "cfg/rule": "config:{here}:config-rule/config-rule-{alnum6}",
    "cloudwatch/eventBus": "events:{here}:event-bus/{name}",
    "cloudwatch/eventRule": "events:{here}:rule/{name}",
    "cloudwatch/logGroup": "logs:{here}:log-group:{name}",
    "cloudwatch/logStream": "logs:{here}:log-group:{logGroupName}:log-stream:{name}",
    "cloudwatch/metricAlarm": "cloudwatch:{here}:alarm:{name}",
    "elasticache/cluster": "elasticache:{here}:cluster:{name}",
    "elasticache/subnetGroup": "elasticache:{here}:subnetgroup:{name}",
    "glue/crawler": "glue:{here}:crawler/{name}",
    "glue/job": "glue:{here}:job/{name}",
    "iam/group": "iam::{account}:group{path}{name}",
    "rds/subnetGroup": "rds:{here}:subgrp:{name}",
    "resourcegroups/group": "resource-groups:{here}:group/{name}",
    "s3/directoryBucket": "s3express:{here}:bucket/{name}",
    "s3tables/tableBucket": "s3tables:{here}:bucket/{name}",
    "sagemaker/endpoint": "sagemaker:{here}:endpoint/{name}",
    "sagemaker/endpointConfiguration": "sagemaker:{here}:endpoint-config/{name}",
    "sagemaker/featureGroup": "sagemaker:{here}:feature-group/{name}",
    "sagemaker/model": "sagemaker:{here}:model/{name}",
    "sagemaker/modelPackageGroup": "sagemaker:{here}:model-package-group/{name}",
    "sagemaker/notebookInstance": "sagemaker:{here}:notebook-instance/{name}",
    "scheduler/scheduleGroup": "scheduler:{here}:schedule-group/{name}",
    "ssm/document": "ssm:{here}:document/{name}",
    "ssm/parameter": "ssm:{here}:parameter/{name:bare}",
}
"""ARNs of what is identified by its name."""

_BY_ARN = {
    "acmpca/certificateAuthority": "acm-pca:{here}:certificate-authority/{uuid}",
    "batch/computeEnvironment": "batch:{here}:compute-environment/{name}",
    "batch/jobDefinition": "batch:{here}:job-definition/{name}:1",
    "batch/jobQueue": "batch:{here}:job-queue/{name}",
    "cloudtrail/eventDataStore": "cloudtrail:{here}:eventdatastore/{uuid}",
    "cloudtrail/trail": "cloudtrail:{here}:trail/{name}",
    "codebuild/project": "codebuild:{here}:project/{name}",
    "ecs/cluster": "ecs:{here}:cluster/{name}",
    "ecs/service": "ecs:{here}:service/{cluster:last}/{name}",
    "imagebuilder/imagePipeline": "imagebuilder:{here}:image-pipeline/{name}",
    "kinesis/firehoseDeliveryStream": "firehose:{here}:deliverystream/{name}",
    "kinesis/stream": "kinesis:{here}:stream/{name}",
    "lb/listener": "elasticloadbalancing:{here}:listener/app/{loadBalancerArn:last}/{hex16}",
    "lb/listenerRule": "elasticloadbalancing:{here}:listener-rule/app/{listenerArn:last}/{hex16}",
    "licensemanager/licenseConfiguration": (
        "license-manager:{here}:license-configuration:lic-{hex32}"
    ),
    "msk/cluster": "kafka:{here}:cluster/{name}/{uuid}",
    "networkfirewall/firewallPolicy": "network-firewall:{here}:firewall-policy/{name}",
    "networkfirewall/ruleGroup": "network-firewall:{here}:stateful-rulegroup/{name}",
    "ram/resourceShare": "ram:{here}:resource-share/{uuid}",
    "secretsmanager/secret": "secretsmanager:{here}:secret:{name}-{alnum6}",
    "sfn/activity": "states:{here}:activity:{name}",
    "sfn/stateMachine": "states:{here}:stateMachine:{name}",
    "sns/topic": "sns:{here}:{name}",
    "xray/group": "xray:{here}:group/{name}/{alnum26}",
}
"""ARNs of what is identified by its ARN."""


def _placed(arn: str) -> str:
    return arn.replace("{here}", HERE)


PLAIN: Mapping[str, Convention] = {
    **{
        key: Convention(f"ec2:{HERE}:{kind}/{{id}}" if kind else "", f"{prefix}-0{{hex16}}")
        for key, (prefix, kind) in _EC2.items()
    },
    **{key: Convention(_placed(arn)) for key, arn in _NAMED.items()},
    **{key: Convention(_placed(arn), "{arn}") for key, arn in _BY_ARN.items()},
}
"""Conventions of types that need no more than an ARN and an ID, by ``module/type``."""
