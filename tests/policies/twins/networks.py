import dataclasses

from tests.policies.parts import allow, document, role_arn, tags
from tests.policies.scenes import UNKNOWN, Declared, Scene, Twins

VPC = Declared("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16", "tags": tags()}, name="vpc")
IN_VPC = {"vpcId": UNKNOWN}
DEFAULT_GROUP = Declared(
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    {**IN_VPC, "ingress": [], "egress": []},
    name="default",
).depending(vpcId="vpc")
FLOW_LOG = Declared(
    "aws:ec2/flowLog:FlowLog", {**IN_VPC, "trafficType": "ALL"}, name="flows"
).depending(vpcId="vpc")
RESTRICTED = VPC.but("tags", tags("restricted"))
OWN = {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}


def endpoint(service: str) -> Declared:
    return Declared(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        {
            **IN_VPC,
            "serviceName": f"com.amazonaws.eu-central-1.{service}",
            "vpcEndpointType": "Interface",
            "policy": document(allow("*", "*", "*", Condition=OWN)),
            "tags": tags(),
        },
        name=service,
    ).depending(vpcId="vpc")


S3 = endpoint("s3")
ENDPOINTS = tuple(map(endpoint, ("s3", "kms", "sts", "logs", "ecr.api", "ecr.dkr")))


def connected(*parts: Declared, lacking: Declared | None = None) -> Scene:
    """A VPC with all that belongs to it, but ``lacking``; ``parts`` replace by name."""
    own = {part.name for part in parts} | ({lacking.name} if lacking else set())
    return (*(part for part in (VPC, DEFAULT_GROUP, FLOW_LOG) if part.name not in own), *parts)


TABLE = Declared(
    "aws:ec2/routeTable:RouteTable",
    {"vpcId": "vpc-1", "routes": [], "tags": tags("restricted")},
    name="table",
)
GATEWAY = Declared("aws:ec2/internetGateway:InternetGateway", {"vpcId": "vpc-1"}, name="gateway")
TUNNEL = Declared("aws:ec2/vpnGateway:VpnGateway", {"vpcId": "vpc-1"}, name="tunnel")
ROUTE = Declared(
    "aws:ec2/route:Route",
    {"routeTableId": UNKNOWN, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": UNKNOWN},
    name="route",
)
OUT = dataclasses.replace(ROUTE, depends={"routeTableId": ("table",), "gatewayId": ("gateway",)})
TO_OFFICE = dataclasses.replace(
    ROUTE, depends={"routeTableId": ("table",), "gatewayId": ("tunnel",)}
)
SOMEWHERE = ROUTE.depending(routeTableId="table")
NAT = {"cidrBlock": "0.0.0.0/0", "natGatewayId": UNKNOWN}
ACL = Declared(
    "aws:ec2/networkAcl:NetworkAcl",
    {
        "vpcId": "vpc-1",
        "ingress": [
            {
                "action": "allow",
                "protocol": "tcp",
                "fromPort": 443,
                "toPort": 443,
                "ruleNo": 100,
                "cidrBlock": "0.0.0.0/0",
            },
            {
                "action": "allow",
                "protocol": "-1",
                "fromPort": 0,
                "toPort": 0,
                "ruleNo": 110,
                "cidrBlock": "10.0.0.0/8",
            },
        ],
    },
)
ACL_RULE = Declared(
    "aws:ec2/networkAclRule:NetworkAclRule",
    {
        "networkAclId": "acl-1",
        "ruleNumber": 100,
        "ruleAction": "allow",
        "protocol": "6",
        "fromPort": 22,
        "toPort": 22,
        "cidrBlock": "172.16.0.0/12",
    },
)

TWINS = {
    "bulkhead-vpc-empty-default-group": Twins(
        good=connected(),
        bad=connected(lacking=DEFAULT_GROUP),
        unknown=connected(DEFAULT_GROUP.but("ingress", UNKNOWN)),
        more_good={"left out": connected(DEFAULT_GROUP.without("egress"))},
        more_bad={
            "itself": connected(
                DEFAULT_GROUP.but(
                    "ingress", [{"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True}]
                )
            ),
            "out": connected(
                DEFAULT_GROUP.but(
                    "egress",
                    [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["10.0.0.0/8"]}],
                )
            ),
        },
    ),
    "bulkhead-vpc-log-flows": Twins(
        good=connected(),
        bad=connected(lacking=FLOW_LOG),
        unknown=connected(FLOW_LOG.but("trafficType", UNKNOWN)),
        more_good={"rejected": connected(FLOW_LOG.but("trafficType", "REJECT"))},
        more_bad={"accepted": connected(FLOW_LOG.but("trafficType", "ACCEPT"))},
    ),
    "bulkhead-vpc-require-endpoints": Twins(
        good=connected(RESTRICTED, *ENDPOINTS),
        bad=connected(RESTRICTED, *ENDPOINTS[1:]),
        unknown=connected(RESTRICTED, S3.but("serviceName", UNKNOWN), *ENDPOINTS[1:]),
        more_good={"tier internal": connected()},
        more_bad={"none": connected(RESTRICTED)},
    ),
    "bulkhead-vpc-restrict-endpoints": Twins(
        good=(S3,),
        bad=(S3.without("policy"),),
        unknown=(S3.but("policy", UNKNOWN),),
        more_good={
            "one bucket": (
                S3.but("policy", document(allow("*", "s3:GetObject", "arn:aws:s3:::layers/*"))),
            ),
            "one role": (S3.but("policy", document(allow({"AWS": role_arn("nodes")}, "s3:*"))),),
            "policy apart": (
                S3.without("policy"),
                Declared(
                    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy",
                    {"vpcEndpointId": UNKNOWN, "policy": S3.properties["policy"]},
                    name="policy",
                ).depending(vpcEndpointId="s3"),
            ),
            "firewall": (S3.without("policy").but("vpcEndpointType", "GatewayLoadBalancer"),),
        },
        more_bad={
            "all through": (S3.but("policy", document(allow("*", "*"))),),
            "by default a gateway": (S3.without("policy").without("vpcEndpointType"),),
        },
    ),
    "bulkhead-vpc-deny-internet-routes": Twins(
        good=(TABLE,),
        bad=(TABLE, GATEWAY, OUT),
        unknown=(TABLE, SOMEWHERE),
        settled=(TABLE, TUNNEL, TO_OFFICE),
        more_good={
            "tier internal": (TABLE.but("tags", tags()), GATEWAY, OUT),
            "inside": (
                TABLE.but("routes", [{"cidrBlock": "10.1.0.0/16", "transitGatewayId": "tgw-1"}]),
            ),
        },
        more_bad={
            "inline": (TABLE.but("routes", [NAT]),),
            "literal": (TABLE.but("routes", [{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}]),),
            "IPv6": (
                TABLE.but("routes", [{"ipv6CidrBlock": "::/0", "egressOnlyGatewayId": "eigw-1"}]),
            ),
            "NAT": (TABLE, SOMEWHERE.without("gatewayId").but("natGatewayId", UNKNOWN)),
        },
    ),
    "bulkhead-vpc-restrict-acls": Twins(
        good=(ACL,),
        bad=(ACL.but("ingress/1/cidrBlock", "0.0.0.0/0"),),
        unknown=(ACL.but("ingress/1/cidrBlock", UNKNOWN),),
        more_good={
            "rule": (ACL_RULE,),
            "egress": (ACL_RULE.but("cidrBlock", "0.0.0.0/0").but("egress", True),),
            "denied": (ACL_RULE.but("cidrBlock", "0.0.0.0/0").but("ruleAction", "deny"),),
        },
        more_bad={
            "rule": (ACL_RULE.but("cidrBlock", "0.0.0.0/0"),),
            "IPv6": (ACL_RULE.without("cidrBlock").but("ipv6CidrBlock", "::/0"),),
            "among many ports": (
                ACL.but("ingress/0/toPort", 4000).but("ingress/0/fromPort", 3000),
            ),
        },
    ),
}
