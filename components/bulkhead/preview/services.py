"""What AWS gives the resources it makes beside ARN and ID: endpoints, URLs, nested attributes."""

from collections.abc import Mapping

from bulkhead.preview.arns import ARN, HERE, PLAIN, Convention
from bulkhead.preview.data_services import DATA_SERVICES
from bulkhead.preview.values import LONG_AGO

_EXECUTE = f"{ARN}execute-api:{HERE}:"
_LAMBDA_INVOKE = f"{ARN}apigateway:{{region}}:lambda:path/2015-03-31/functions/"

_SERVICES: Mapping[str, Convention] = {
    "acm/certificate": Convention(
        f"acm:{HERE}:certificate/{{uuid}}",
        "{arn}",
        {
            "domainValidationOptions": [
                {
                    "domainName": "{domainName}",
                    "resourceRecordName": "_{hex32}.{domainName}.",
                    "resourceRecordType": "CNAME",
                    "resourceRecordValue": "_{hex32}.acm-validations.aws.",
                }
            ],
            "notBefore": LONG_AGO,
            "status": "ISSUED",
        },
    ),
    "apigateway/deployment": Convention(id="{alnum6}"),
    "apigateway/restApi": Convention(
        "apigateway:{region}::/restapis/{id}",
        "{alnum10}",
        {"executionArn": f"{_EXECUTE}{{id}}", "rootResourceId": "{alnum9}"},
    ),
    "apigateway/stage": Convention(
        "apigateway:{region}::/restapis/{restApi}/stages/{stageName}",
        "ags-{restApi}-{stageName}",
        {
            "executionArn": f"{_EXECUTE}{{restApi}}/{{stageName}}",
            "invokeUrl": "https://{restApi}.execute-api.{region}.{dns}/{stageName}",
        },
    ),
    "apigatewayv2/api": Convention(
        "apigateway:{region}::/apis/{id}",
        "{alnum10}",
        {
            "apiEndpoint": "https://{id}.execute-api.{region}.{dns}",
            "executionArn": f"{_EXECUTE}{{id}}",
        },
    ),
    "apigatewayv2/stage": Convention(
        "apigateway:{region}::/apis/{apiId}/stages/{name}",
        outputs={
            "executionArn": f"{_EXECUTE}{{apiId}}/{{name}}",
            "invokeUrl": "https://{apiId}.execute-api.{region}.{dns}/{name}",
        },
    ),
    "appsync/graphQLApi": Convention(
        f"appsync:{HERE}:apis/{{id}}",
        "{alnum26}",
        {
            "uris": {
                "GRAPHQL": "https://{id}.appsync-api.{region}.{dns}/graphql",
                "REALTIME": "wss://{id}.appsync-realtime-api.{region}.{dns}/graphql",
            }
        },
    ),
    "autoscaling/group": Convention(
        f"autoscaling:{HERE}:autoScalingGroup:{{uuid}}:autoScalingGroupName/{{name}}"
    ),
    "budgets/budget": Convention("budgets::{account}:budget/{name}", "{account}:{name}"),
    "budgets/budgetAction": Convention(
        "budgets::{account}:budget/{budgetName}/action/{uuid}",
        "{account}:{uuid}:{budgetName}",
        {"actionId": "{uuid}"},
    ),
    "cloudfront/distribution": Convention(
        "cloudfront::{account}:distribution/{id}",
        "E{HEX13}",
        {"domainName": "d{hex13}.cloudfront.net", "hostedZoneId": "Z2FDTNDATAQYW2"},
    ),
    "cognito/identityPool": Convention(
        f"cognito-identity:{HERE}:identitypool/{{id}}", "{region}:{uuid}"
    ),
    "cognito/userPool": Convention(
        f"cognito-idp:{HERE}:userpool/{{id}}",
        "{region}_{alnum9}",
        {"endpoint": "cognito-idp.{region}.{dns}/{id}"},
    ),
    "ec2/eip": Convention(
        f"ec2:{HERE}:elastic-ip/{{id}}", "eipalloc-0{hex16}", {"allocationId": "{id}"}
    ),
    "ec2/instance": Convention(
        f"ec2:{HERE}:instance/{{id}}",
        "i-0{hex16}",
        {"publicDns": "", "publicIp": "", "instanceState": "running"},
    ),
    "ec2/keyPair": Convention(
        f"ec2:{HERE}:key-pair/{{name}}",
        outputs={"keyPairId": "key-0{hex16}"},
        named_by="keyName",
    ),
    "ec2/vpcEndpoint": Convention(
        f"ec2:{HERE}:vpc-endpoint/{{id}}",
        "vpce-0{hex16}",
        {
            "dnsEntries": [
                {
                    "dnsName": "*.{id}-{hex8}.{region}.vpce.{dns}",
                    "hostedZoneId": "Z{HEX20}",
                }
            ]
        },
    ),
    "ec2/placementGroup": Convention(f"ec2:{HERE}:placement-group/{{name}}"),
    "ecs/taskDefinition": Convention(
        f"ecs:{HERE}:task-definition/{{family}}:1",
        "{family}",
        {"arnWithoutRevision": f"{ARN}ecs:{HERE}:task-definition/{{family}}"},
        named_by="family",
    ),
    "eks/accessEntry": Convention(
        f"eks:{HERE}:access-entry/{{clusterName}}/role/{{account}}/{{principalArn:last}}/{{uuid}}",
        "{clusterName}:{principalArn}",
    ),
    "eks/accessPolicyAssociation": Convention(id="{clusterName}#{principalArn}#{policyArn}"),
    "eks/addon": Convention(
        f"eks:{HERE}:addon/{{clusterName}}/{{name}}/{{uuid}}", "{clusterName}:{name}"
    ),
    "eks/cluster": Convention(
        f"eks:{HERE}:cluster/{{name}}",
        outputs={
            "clusterId": "",
            "endpoint": "https://{HEX32}.gr7.{region}.eks.{dns}",
            "accessConfig": {
                "authenticationMode": "CONFIG_MAP",
                "bootstrapClusterCreatorAdminPermissions": True,
            },
            "certificateAuthority": {"data": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg=="},
            "identities": [{"oidcs": [{"issuer": "https://oidc.eks.{region}.{dns}/id/{HEX32}"}]}],
            "kubernetesNetworkConfig": {"ipFamily": "ipv4", "serviceIpv4Cidr": "172.20.0.0/16"},
            "platformVersion": "eks.1",
            "version": "1.36",
            "vpcConfig": {"clusterSecurityGroupId": "sg-0{hex16}", "vpcId": "vpc-0{hex16}"},
        },
    ),
    "eks/fargateProfile": Convention(
        f"eks:{HERE}:fargateprofile/{{clusterName}}/{{name}}/{{uuid}}", "{clusterName}:{name}"
    ),
    "eks/nodeGroup": Convention(
        f"eks:{HERE}:nodegroup/{{clusterName}}/{{name}}/{{uuid}}",
        "{clusterName}:{name}",
        {"resources": [{"autoscalingGroups": [{"name": "eks-{name}-{uuid}"}]}]},
    ),
    "eks/podIdentityAssociation": Convention(
        f"eks:{HERE}:podidentityassociation/{{clusterName}}/{{id}}",
        "a-{alnum17}",
        {"associationArn": "{arn}", "associationId": "{id}"},
    ),
    "elb/loadBalancer": Convention(
        f"elasticloadbalancing:{HERE}:loadbalancer/{{name}}",
        outputs={"dnsName": "{name}-{digits10}.{region}.elb.{dns}"},
    ),
    "grafana/workspace": Convention(
        f"grafana:{HERE}:/workspaces/{{id}}",
        "g-{alnum10}",
        {"endpoint": "{id}.grafana-workspace.{region}.{dns}"},
    ),
    "guardduty/detector": Convention(f"guardduty:{HERE}:detector/{{id}}", "{hex32}"),
    "iam/accessKey": Convention(id="AKIA{HEX16}", outputs={"secret": "{alnum40}"}),
    "iam/instanceProfile": Convention(
        "iam::{account}:instance-profile{path}{name}", outputs={"uniqueId": "AIPA{HEX17}"}
    ),
    "iam/openIdConnectProvider": Convention("iam::{account}:oidc-provider/{url:bare}", "{arn}"),
    "iam/policy": Convention(
        "iam::{account}:policy{path}{name}", "{arn}", {"policyId": "ANPA{HEX17}"}
    ),
    "iam/role": Convention("iam::{account}:role{path}{name}", outputs={"uniqueId": "AROA{HEX17}"}),
    "iam/rolePolicy": Convention(id="{role}:{name}"),
    "iam/rolePolicyAttachment": Convention(id="{role}/{policyArn}"),
    "iam/samlProvider": Convention("iam::{account}:saml-provider/{name}", "{arn}"),
    "iam/user": Convention("iam::{account}:user{path}{name}", outputs={"uniqueId": "AIDA{HEX17}"}),
    "lambda/alias": Convention(
        f"lambda:{HERE}:function:{{functionName:last}}:{{name}}",
        "{arn}",
        {"invokeArn": f"{_LAMBDA_INVOKE}{{arn}}/invocations"},
    ),
    "lambda/eventSourceMapping": Convention(
        f"lambda:{HERE}:event-source-mapping:{{id}}",
        "{uuid}",
        {"functionArn": f"{ARN}lambda:{HERE}:function:{{functionName:last}}", "uuid": "{id}"},
    ),
    "lambda/function": Convention(
        f"lambda:{HERE}:function:{{name}}",
        outputs={
            "invokeArn": f"{_LAMBDA_INVOKE}{{arn}}/invocations",
            "qualifiedArn": "{arn}:$LATEST",
            "qualifiedInvokeArn": f"{_LAMBDA_INVOKE}{{arn}}:$LATEST/invocations",
            "version": "$LATEST",
        },
    ),
    "lambda/functionUrl": Convention(
        id="{functionName}",
        outputs={
            "functionArn": f"{ARN}lambda:{HERE}:function:{{functionName:last}}",
            "functionUrl": "https://{alnum32}.lambda-url.{region}.on.aws/",
            "urlId": "{alnum32}",
        },
    ),
    "lambda/layerVersion": Convention(
        f"lambda:{HERE}:layer:{{name}}:1",
        "{arn}",
        {"layerArn": f"{ARN}lambda:{HERE}:layer:{{name}}", "version": "1"},
        named_by="layerName",
    ),
    "lb/loadBalancer": Convention(
        f"elasticloadbalancing:{HERE}:loadbalancer/{{loadBalancerType:.3}}/{{name}}/{{hex16}}",
        "{arn}",
        {
            "arnSuffix": "{loadBalancerType:.3}/{name}/{hex16}",
            "dnsName": "{name}-{digits10}.{region}.elb.{dns}",
        },
    ),
    "lb/targetGroup": Convention(
        f"elasticloadbalancing:{HERE}:targetgroup/{{name}}/{{hex16}}",
        "{arn}",
        {"arnSuffix": "targetgroup/{name}/{hex16}"},
    ),
    "macie2/account": Convention(id="{account}"),
    "networkfirewall/firewall": Convention(
        f"network-firewall:{HERE}:firewall/{{name}}",
        "{arn}",
        {
            "firewallStatuses": [
                {
                    "syncStates": [
                        {
                            "availabilityZone": f"{{region}}{zone}",
                            "attachments": [{"endpointId": f"vpce-0{{hex15}}{zone}"}],
                        }
                        for zone in "abc"
                    ]
                }
            ]
        },
    ),
    "organizations/organization": Convention(
        "organizations::{account}:organization/{id}", "o-{alnum10}"
    ),
    "organizations/policy": Convention(
        "organizations::{account}:policy/o-{alnum10}/service_control_policy/{id}", "p-{alnum8}"
    ),
    "route53/record": Convention(id="{zoneId}_{name}_{type}", outputs={"fqdn": "{name}"}),
    "route53/resolverFirewallDomainList": Convention(
        f"route53resolver:{HERE}:firewall-domain-list/{{id}}", "rslvr-fdl-{hex16}"
    ),
    "route53/resolverFirewallRuleGroup": Convention(
        f"route53resolver:{HERE}:firewall-rule-group/{{id}}", "rslvr-frg-{hex16}"
    ),
    "route53/resolverFirewallRuleGroupAssociation": Convention(
        f"route53resolver:{HERE}:firewall-rule-group-association/{{id}}", "rslvr-frgassoc-{hex16}"
    ),
    "route53/resolverQueryLogConfig": Convention(
        f"route53resolver:{HERE}:resolver-query-log-config/{{id}}", "rqlc-{hex16}"
    ),
    "route53/zone": Convention(
        "route53:::hostedzone/{id}",
        "Z{HEX20}",
        {
            "nameServers": [
                "ns-{digits3}.awsdns-01.com",
                "ns-{digits3}.awsdns-02.net",
                "ns-{digits3}.awsdns-03.org",
                "ns-{digits3}.awsdns-04.co.uk",
            ],
            "primaryNameServer": "ns-{digits3}.awsdns-01.com",
            "zoneId": "{id}",
        },
    ),
    "scheduler/schedule": Convention(
        f"scheduler:{HERE}:schedule/{{groupName}}/{{name}}", "{groupName}/{name}"
    ),
    "securityhub/account": Convention(f"securityhub:{HERE}:hub/default", "{account}"),
    "servicediscovery/privateDnsNamespace": Convention(
        f"servicediscovery:{HERE}:namespace/{{id}}", "ns-{alnum16}"
    ),
    "servicediscovery/service": Convention(
        f"servicediscovery:{HERE}:service/{{id}}", "srv-{alnum16}"
    ),
    "sns/topicSubscription": Convention(id="{topic}:{uuid}", outputs={"arn": "{id}"}),
    "sqs/queue": Convention(
        f"sqs:{HERE}:{{name}}",
        "https://sqs.{region}.{dns}/{account}/{name}",
        {"url": "{id}"},
    ),
    "verifiedpermissions/policyStore": Convention(
        "verifiedpermissions::{account}:policy-store/{id}", "{alnum22}"
    ),
    "vpclattice/service": Convention(f"vpc-lattice:{HERE}:service/{{id}}", "svc-0{hex16}"),
    "vpclattice/serviceNetwork": Convention(
        f"vpc-lattice:{HERE}:servicenetwork/{{id}}", "sn-0{hex16}"
    ),
    "wafv2/ipSet": Convention(f"wafv2:{HERE}:{{scope:waf}}/ipset/{{name}}/{{id}}", "{uuid}"),
    "wafv2/ruleGroup": Convention(
        f"wafv2:{HERE}:{{scope:waf}}/rulegroup/{{name}}/{{id}}", "{uuid}"
    ),
    "wafv2/webAcl": Convention(f"wafv2:{HERE}:{{scope:waf}}/webacl/{{name}}/{{id}}", "{uuid}"),
}

_LISTED: Mapping[str, Convention] = {**PLAIN, **DATA_SERVICES, **_SERVICES}


def listed_convention(token: str) -> Convention | None:
    """The convention of an AWS resource type, None if none is listed."""
    key = token.split(":")[-2]
    for other in ("alb/", "applicationloadbalancing/"):
        key = key.replace(other, "lb/", 1) if key.startswith(other) else key
    return _LISTED.get(key)


def convention(token: str) -> Convention:
    """The convention of an AWS resource type; for types not listed, a plain guess.

    Children of a bucket, such as ``aws:s3/bucketPolicy:BucketPolicy``, go by its name.
    """
    if found := listed_convention(token):
        return found
    if token.startswith("aws:s3/bucket"):
        return Convention(id="{bucket}")
    return Convention("{service}:{region}:{account}:{kind}/{name}")
