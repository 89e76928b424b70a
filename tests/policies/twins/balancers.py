from tests.policies.parts import tags
from tests.policies.scenes import UNKNOWN, Declared, Twins

BALANCER = Declared(
    "aws:lb/loadBalancer:LoadBalancer",
    {
        "internal": True,
        "loadBalancerType": "application",
        "dropInvalidHeaderFields": True,
        "enableDeletionProtection": True,
        "accessLogs": {"bucket": "logs", "enabled": True},
        "tags": tags(),
    },
)
GUARD = Declared(
    "aws:wafv2/webAclAssociation:WebAclAssociation",
    {"resourceArn": UNKNOWN, "webAclArn": UNKNOWN},
    name="guard",
).depending(resourceArn="it")
NETWORK = BALANCER.but("loadBalancerType", "network").without("dropInvalidHeaderFields")
CLASSIC = Declared(
    "aws:elb/loadBalancer:LoadBalancer",
    {
        "internal": True,
        "accessLogs": {"bucket": "logs"},
        "listeners": [
            {
                "instancePort": 8443,
                "instanceProtocol": "https",
                "lbPort": 443,
                "lbProtocol": "https",
            }
        ],
    },
)
LISTENER = Declared(
    "aws:lb/listener:Listener",
    {
        "loadBalancerArn": UNKNOWN,
        "port": 443,
        "protocol": "HTTPS",
        "certificateArn": UNKNOWN,
        "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
        "defaultActions": [{"type": "forward", "targetGroupArn": UNKNOWN}],
    },
)
REDIRECT = LISTENER.but("protocol", "HTTP").but(
    "defaultActions",
    [{"type": "redirect", "redirect": {"protocol": "HTTPS", "statusCode": "HTTP_301"}}],
)

TWINS = {
    "bulkhead-lb-keep-internal": Twins(
        good=(BALANCER,),
        bad=(BALANCER.without("internal"), GUARD),
        unknown=(BALANCER.but("internal", UNKNOWN),),
        more_good={
            "classic": (CLASSIC,),
            "of a firewall": (NETWORK.but("loadBalancerType", "gateway").without("internal"),),
        },
        more_bad={"classic": (CLASSIC.but("internal", False),)},
    ),
    "bulkhead-lb-require-tls": Twins(
        good=(LISTENER,),
        bad=(LISTENER.but("protocol", "HTTP").but("port", 80),),
        unknown=(LISTENER.but("protocol", UNKNOWN),),
        more_good={
            "redirect": (REDIRECT,),
            "through": (LISTENER.but("protocol", "TCP"),),
            "TLS": (LISTENER.but("protocol", "TLS"),),
        },
        more_bad={
            "TCP": (LISTENER.but("protocol", "TCP").but("port", 8080),),
            "redirect to HTTP": (REDIRECT.but("defaultActions/0/redirect/protocol", "HTTP"),),
            "classic": (CLASSIC.but("listeners/0/lbProtocol", "http"),),
        },
    ),
    "bulkhead-lb-use-modern-tls": Twins(
        good=(LISTENER,),
        bad=(LISTENER.but("sslPolicy", "ELBSecurityPolicy-2016-08"),),
        unknown=(LISTENER.but("sslPolicy", UNKNOWN),),
        more_good={"redirect": (REDIRECT.without("sslPolicy"),)},
        more_bad={"left out": (LISTENER.without("sslPolicy"),)},
    ),
    "bulkhead-lb-log-access": Twins(
        good=(BALANCER,),
        bad=(BALANCER.without("accessLogs"),),
        unknown=(BALANCER.but("accessLogs/enabled", UNKNOWN),),
        settled=(BALANCER.but("accessLogs/bucket", UNKNOWN),),
        more_good={"classic": (CLASSIC,)},
        more_bad={
            "off": (BALANCER.without("accessLogs/enabled"),),
            "classic": (CLASSIC.but("accessLogs/enabled", False),),
        },
    ),
    "bulkhead-lb-refuse-smuggling": Twins(
        good=(BALANCER,),
        bad=(BALANCER.without("dropInvalidHeaderFields"),),
        unknown=(BALANCER.but("dropInvalidHeaderFields", UNKNOWN),),
        more_good={
            "network": (NETWORK,),
            "strictest": (BALANCER.but("desyncMitigationMode", "strictest"),),
        },
    ),
}
