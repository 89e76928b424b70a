"""The REST API of a public edge."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from bulkhead.domain.exposure import KEY_HEADER, Client, OptIn
from bulkhead.domain.labels import Labels
from bulkhead.domain.scope import Scope
from bulkhead.foundation.documents import render
from bulkhead.workloads.edge_arguments import EdgeTargetArgs
from bulkhead.workloads.edge_logs import Child
from bulkhead.workloads.edge_policies import resource_policy
from bulkhead.workloads.edge_requests import PATHS, STAGE, access_log


class EdgeApi:
    """A regional REST API and what belongs to it, registered part by part.

    Attributes:
        api: the API; its own endpoint is off, so that only a name of the platform's leads to it.
    """

    api: "aws.apigateway.RestApi"

    def __init__(self, name: str, scope: Scope, labels: Labels, child: Child) -> None:
        self._name, self._scope, self._labels, self._child = name, scope, labels, child
        self._deployed: list[pulumi.Resource] = []
        self._said: list[object] = []
        self._ready: list[pulumi.Resource] = []

    def open_until(self, opt_in: OptIn, networks: Sequence[str]) -> None:
        """Register the API and the policy that closes it."""
        self.api = aws.apigateway.RestApi(
            self._name,
            name=self._scope.named(self._name),
            description=f"Public edge, {opt_in}",
            endpoint_configuration={"types": "REGIONAL"},
            disable_execute_api_endpoint=True,
            api_key_source="HEADER",
            tags={**self._labels.tags(self._name), **opt_in.tags()},
            opts=self._child(),
        )
        policy = aws.apigateway.RestApiPolicy(
            self._name,
            rest_api_id=self.api.id,
            policy=render(resource_policy(self.api.execution_arn, opt_in, networks)),
            opts=self._child(),
        )
        self._deployed.append(policy)
        self._said += [opt_in.closes, list(networks)]

    def operations(
        self, gateway: EdgeTargetArgs, schemas: Mapping[str, dict[str, Any]], seconds: int
    ) -> None:
        """Register what clients may ask, each with the schema of its requests."""
        link = self._link(gateway)
        validator = aws.apigateway.RequestValidator(
            self._name,
            rest_api=self.api.id,
            name="bodies",
            validate_request_body=True,
            opts=self._child(),
        )
        for word, path in PATHS.items():
            method = self._method(word, path, schemas[word], validator)
            integration = aws.apigateway.Integration(
                f"{self._name}-{word}",
                rest_api=self.api.id,
                resource_id=method.resource_id,
                http_method=method.http_method,
                type="HTTP_PROXY",
                integration_http_method="POST",
                # Names the certificate that is expected; the target is the load balancer.
                uri=f"https://{gateway['host']}/{'/'.join(path)}",
                connection_type="VPC_LINK",
                connection_id=link.id,
                integration_target=gateway["load_balancer_arn"],
                response_transfer_mode="STREAM",
                timeout_milliseconds=seconds * 1000,
                # A client's key ends here, and is in none of the gateway's logs.
                request_parameters={f"integration.request.header.{KEY_HEADER}": "'removed'"},
                opts=self._child(),
            )
            self._deployed += [method, integration]
        self._said += [dict(schemas), seconds, gateway["host"]]

    def _method(
        self,
        word: str,
        path: Sequence[str],
        schema: dict[str, Any],
        validator: "aws.apigateway.RequestValidator",
    ) -> "aws.apigateway.Method":
        named, at = f"{self._name}-{word}", self.api.root_resource_id
        for depth, part in enumerate(path):
            at = aws.apigateway.Resource(
                f"{named}-{depth}",
                rest_api=self.api.id,
                parent_id=at,
                path_part=part,
                opts=self._child(),
            ).id
        model = aws.apigateway.Model(
            named,
            rest_api=self.api.id,
            name=word,
            content_type="application/json",
            schema=json.dumps(schema),
            opts=self._child(),
        )
        return aws.apigateway.Method(
            named,
            rest_api=self.api.id,
            resource_id=at,
            http_method="POST",
            # The gateway behind asks for a token; here a key tells whose quota is used.
            authorization="NONE",
            api_key_required=True,
            request_validator_id=validator.id,
            # A body of a content type without a model would pass unread (API Gateway Developer
            # Guide, "Request validation for REST APIs").
            request_models={"$default": model.name},
            opts=self._child(),
        )

    def _link(self, gateway: EdgeTargetArgs) -> "aws.apigatewayv2.VpcLink":
        """The way into the VPC, which leads to the load balancer alone."""
        named = f"{self._name}-link"
        group = aws.ec2.SecurityGroup(
            named,
            vpc_id=gateway["vpc_id"],
            description="The public edge, calling the gateway.",
            ingress=[],
            egress=[
                {
                    "description": "HTTPS to the gateway's load balancer.",
                    "protocol": "tcp",
                    "from_port": 443,
                    "to_port": 443,
                    "cidr_blocks": gateway["load_balancer_cidrs"],
                }
            ],
            tags=self._labels.tags(named),
            opts=self._child(),
        )
        return aws.apigatewayv2.VpcLink(
            named,
            name=self._scope.named(self._name),
            security_group_ids=[group.id],
            subnet_ids=gateway["subnet_ids"],
            tags=self._labels.tags(named),
            opts=self._child(),
        )

    def stage(
        self,
        log_arn: pulumi.Input[str],
        clients: Sequence[Client],
        *,
        after: Sequence[pulumi.Resource],
    ) -> "aws.apigateway.Stage":
        """Register the stage, its log and the throttle of all clients together.

        A policy or schema counts once it is deployed, so that whatever changes them deploys anew.
        """
        told = hashlib.sha256(json.dumps(self._said, sort_keys=True).encode()).hexdigest()
        deployment = aws.apigateway.Deployment(
            self._name,
            rest_api=self.api.id,
            triggers={"definition": told},
            opts=self._child(depends_on=self._deployed),
        )
        stage = aws.apigateway.Stage(
            self._name,
            rest_api=self.api.id,
            deployment=deployment.id,
            stage_name=STAGE,
            access_log_settings={"destination_arn": log_arn, "format": json.dumps(access_log())},
            xray_tracing_enabled=False,
            tags=self._labels.tags(self._name),
            opts=self._child(depends_on=after),
        )
        settings = aws.apigateway.MethodSettings(
            self._name,
            rest_api=self.api.id,
            stage_name=stage.stage_name,
            method_path="*/*",
            settings={
                "metrics_enabled": True,
                # Its log group is API Gateway's own, with neither the key nor the tier's lifetime.
                "logging_level": "OFF",
                "data_trace_enabled": False,
                "caching_enabled": False,
                "throttling_rate_limit": sum(client.rate for client in clients),
                "throttling_burst_limit": sum(client.parallel_requests for client in clients),
            },
            opts=self._child(),
        )
        self._stage, self._ready = stage, [settings]
        return stage

    def clients(self, clients: Sequence[Client]) -> dict[str, pulumi.Output[str]]:
        """Register a key and a usage plan for each client; return the keys' IDs."""
        keys = {}
        for client in clients:
            named = f"{self._name}-{client.name}"
            limit, period = client.quota
            key = aws.apigateway.ApiKey(
                named,
                name=self._scope.named(named),
                description=f"Client {client.name} of the public edge.",
                tags=self._labels.tags(named),
                opts=self._child(),
            )
            plan = aws.apigateway.UsagePlan(
                named,
                name=self._scope.named(named),
                api_stages=[{"api_id": self.api.id, "stage": self._stage.stage_name}],
                throttle_settings={
                    "rate_limit": client.rate,
                    "burst_limit": client.parallel_requests,
                },
                quota_settings={"limit": limit, "period": period.upper()},
                tags=self._labels.tags(named),
                opts=self._child(),
            )
            aws.apigateway.UsagePlanKey(
                named,
                key_id=key.id,
                key_type="API_KEY",
                usage_plan_id=plan.id,
                opts=self._child(),
            )
            keys[client.name] = key.id
        return keys

    def name(
        self,
        host: str,
        certificate_arn: pulumi.Input[str],
        trust_store: str | None,
        *,
        after: Sequence[pulumi.Resource],
    ) -> "aws.apigateway.DomainName":
        """Register the name that leads to the API, once ``after`` stands."""
        domain = aws.apigateway.DomainName(
            self._name,
            domain_name=host,
            regional_certificate_arn=certificate_arn,
            endpoint_configuration={"types": "REGIONAL"},
            security_policy="TLS_1_2",
            mutual_tls_authentication={"truststore_uri": trust_store} if trust_store else None,
            tags=self._labels.tags(self._name),
            opts=self._child(),
        )
        aws.apigateway.BasePathMapping(
            self._name,
            domain_name=domain.domain_name,
            rest_api=self.api.id,
            stage_name=self._stage.stage_name,
            base_path=STAGE,
            opts=self._child(depends_on=[*self._ready, *after]),
        )
        return domain
