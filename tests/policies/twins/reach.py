import dataclasses

from tests.policies.parts import tags
from tests.policies.scenes import UNKNOWN, Declared, Twins

PARTNER = "203.0.113.0/24"


def group(name: str, tier: str = "internal") -> Declared:
    return Declared(
        "aws:ec2/securityGroup:SecurityGroup", {"vpcId": "vpc-1", "tags": tags(tier)}, name=name
    )


def https(**more: object) -> dict[str, object]:
    return {"protocol": "tcp", "fromPort": 443, "toPort": 443, **more}


def admits(name: str, target: str, source: str) -> Declared:
    """A rule apart by which one group lets in another."""
    made = Declared(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        {
            "ipProtocol": "tcp",
            "fromPort": 443,
            "toPort": 443,
            "securityGroupId": UNKNOWN,
            "referencedSecurityGroupId": UNKNOWN,
        },
        name=name,
    )
    depends = {"securityGroupId": (target,), "referencedSecurityGroupId": (source,)}
    return dataclasses.replace(made, depends=depends)


PROXY = group("proxy").but("ingress", [https(cidrBlocks=[PARTNER])])
HOST = group("host").but("ingress", [https(securityGroups=[UNKNOWN])]).depending(ingress="proxy")
SERVER = group("server", "restricted")
ADMITTED = admits("rule", "server", "host")
LEGACY = dataclasses.replace(
    Declared(
        "aws:ec2/securityGroupRule:SecurityGroupRule",
        {
            "type": "ingress",
            **https(),
            "securityGroupId": UNKNOWN,
            "sourceSecurityGroupId": UNKNOWN,
        },
        name="legacy",
    ),
    depends={"securityGroupId": ("server",), "sourceSecurityGroupId": ("host",)},
)
EGRESS = Declared(
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    {"ipProtocol": "-1", "cidrIpv4": "10.0.0.0/8", "securityGroupId": UNKNOWN},
    name="egress",
).depending(securityGroupId="server")

TWINS = {
    "bulkhead-ec2-deny-chained-ingress": Twins(
        good=(PROXY.but("ingress/0/cidrBlocks", ["10.0.0.0/8"]), HOST, SERVER, ADMITTED),
        bad=(PROXY, HOST, SERVER, ADMITTED),
        unknown=(PROXY.but("tags/bulkhead:tier", UNKNOWN),),
        settled=(group("proxy"), HOST, SERVER, ADMITTED),
        more_good={
            "a lower tier": (PROXY, HOST, group("server", "confidential"), ADMITTED),
            "no chain": (PROXY, HOST, SERVER),
            "the other way": (PROXY, HOST, SERVER, admits("rule", "proxy", "server")),
            "a circle": (HOST, SERVER, ADMITTED, admits("back", "host", "server"), group("proxy")),
        },
        more_bad={
            "at once": (SERVER.but("ingress", [https(cidrBlocks=[PARTNER])]),),
            "legacy rule": (PROXY, HOST, SERVER, LEGACY),
            "IPv6": (
                PROXY.but("ingress", [https(ipv6CidrBlocks=["2001:db8::/32"])]),
                HOST,
                SERVER,
                ADMITTED,
            ),
        },
    ),
    "bulkhead-ec2-limit-egress": Twins(
        good=(SERVER, EGRESS),
        bad=(SERVER, EGRESS.but("cidrIpv4", "0.0.0.0/0")),
        unknown=(SERVER, EGRESS.but("cidrIpv4", UNKNOWN)),
        settled=(SERVER, EGRESS.without("cidrIpv4").but("referencedSecurityGroupId", UNKNOWN)),
        more_good={
            "a lower tier": (group("server"), EGRESS.but("cidrIpv4", "0.0.0.0/0")),
            "inline": (SERVER.but("egress", [https(cidrBlocks=["10.0.0.0/16"])]),),
        },
        more_bad={
            "inline": (SERVER.but("egress", [https(cidrBlocks=["0.0.0.0/0"])]),),
            "IPv6": (SERVER, EGRESS.without("cidrIpv4").but("cidrIpv6", "::/0")),
            "legacy rule": (
                SERVER,
                LEGACY.but("type", "egress")
                .without("sourceSecurityGroupId")
                .but("cidrBlocks", [PARTNER])
                .depending(securityGroupId="server"),
            ),
        },
    ),
}
