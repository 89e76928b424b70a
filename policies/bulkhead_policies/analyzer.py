"""Serving rules to Pulumi's engine."""

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from pulumi_policy import EnforcementLevel
from pulumi_policy import policy as sdk

from bulkhead.domain.errors import RefusedError
from bulkhead_policies.exemptions import EXEMPTIONS_SCHEMA
from bulkhead_policies.findings import Findings
from bulkhead_policies.levels import weighed
from bulkhead_policies.reports import BY_KIND, ENVIRONMENTS_WEIGH, REPORTS, Report
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Rule, Scope
from bulkhead_policies.settings import Settings, read_settings
from bulkhead_policies.stack import Stack
from bulkhead_policies.wire import plain_struct, read_dependencies, read_resource, write

# The engine's messages and status codes, as the SDK itself has them at hand.
_proto: Any = sdk.proto  # type: ignore[attr-defined]
_grpc: Any = sdk.grpc  # type: ignore[attr-defined]

NOT_APPLICABLE = "no resource of its types"


def serve(name: str, rules: Collection[Rule]) -> None:
    """Serve ``rules`` to the engine as the pack ``name``, until the engine ends the process.

    This is all that the ``__main__.py`` of a pack needs, be it one of ``bulkhead_policies.packs``
    or a list of one's own.
    """
    # The SDK has no way to pass a servicer of one's own.
    sdk._PolicyAnalyzerServicer = partial(Analyzer, rules)  # type: ignore[assignment, misc]
    sdk.PolicyPack(name, policies(rules))


def policies(rules: Iterable[Rule]) -> list[sdk.Policy]:
    """The policies, as the engine lists them, of a pack of ``rules``."""
    return [*map(_policy_of_rule, rules), *map(_policy_of_report, REPORTS)]


class Analyzer(sdk._PolicyAnalyzerServicer):
    """The SDK's side of the analyzer protocol, except for how resources are judged.

    The SDK reads a request anew for every policy and makes a policy that meets an unknown value
    advisory. Here a request is read once, only the rules for its type run, and what they can't
    decide is reported by a policy whose level is configured like any other.
    """

    def __init__(self, rules: Collection[Rule], name: str, version: str, *rest: Any) -> None:
        """Serve ``rules``; the other arguments are the SDK's own."""
        super().__init__(name, version, *rest)
        self._pack = {"policyPackName": name, "policyPackVersion": version}
        self._policies: dict[str, sdk.Policy] = {policy.name: policy for policy in rest[0]}
        self._rules = {rule.id: rule for rule in rules}
        self._by_type: dict[str, list[Rule]] = defaultdict(list)
        for rule in rules:
            if rule.scope is Scope.RESOURCE:
                for token in rule.types:
                    self._by_type[token].append(rule)
        self._blanks: dict[str, Any] = {}
        self._settings: dict[str, Settings] = {}
        self._declared: dict[str, Resource] = {}

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take the pack's configuration, or refuse it, which ends the engine's operation."""
        try:
            self._settings = {
                name: settings
                for name, config in request.policyConfig.items()
                if (settings := self._read_settings(name, plain_struct(config.properties)))
            }
        except RefusedError as error:
            context.abort(_grpc.StatusCode.INVALID_ARGUMENT, str(error))
        return super().Configure(request, context)  # type: ignore[no-untyped-call]

    def Analyze(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Judge one resource by its inputs."""
        resource = read_resource(request)
        self._declared[resource.urn] = resource
        response = _proto.AnalyzeResponse()
        response.CopyFrom(self._blank(resource.type))
        for rule in self._by_type.get(resource.type, ()):
            if configured := self._configured(rule, resource):
                self._report(response, rule, configured, rule.judge(configured))
        return response

    def AnalyzeStack(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Judge relations between resources.

        The engine sends outputs, in which a preview does not know what the program left out: a
        bucket without encryption has an unknown one. So the inputs that ``Analyze`` saw are
        judged. What it did not see was read, not made, by this program, and is no subject.
        """
        stack = Stack(map(self._as_declared, request.resources))
        response = _proto.AnalyzeResponse()
        for rule in filter(lambda rule: rule.needs_stack, self._rules.values()):
            found = stack.of_types(rule.types)
            subjects = [r for r in found if r.urn in self._declared or not self._declared]
            if not subjects and rule.scope is Scope.STACK:
                response.not_applicable.add(policy_name=rule.id, reason=NOT_APPLICABLE)
            for subject in subjects:
                if configured := self._configured(rule, subject):
                    self._report(response, rule, configured, rule.judge_among(configured, stack))
        return response

    def Remediate(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Mend a resource by the rules whose level is ``remediate`` and that know a safe way."""
        response = _proto.RemediateResponse()
        mended = _proto.AnalyzeRequest()
        mended.CopyFrom(request)
        for rule in self._by_type.get(request.type, ()):
            if self._level(rule.id) is not EnforcementLevel.REMEDIATE:
                continue
            configured = self._configured(rule, read_resource(mended))
            if configured and (changes := rule.changes(configured)):
                for path, value in changes.items():
                    write(mended.properties, path, value)
                response.remediations.add(
                    policyName=rule.id,
                    description=rule.title,
                    properties=mended.properties,
                    **self._pack,
                )
        return response

    def _blank(self, token: str) -> Any:
        """What is answered about a type before any rule spoke: which rules don't apply to it."""
        if token not in self._blanks:
            blank = self._blanks[token] = _proto.AnalyzeResponse()
            for rule in self._rules.values():
                if rule.scope is Scope.RESOURCE and token not in rule.types:
                    blank.not_applicable.add(policy_name=rule.id, reason=NOT_APPLICABLE)
        return self._blanks[token]

    def _configured(self, rule: Rule, resource: Resource) -> Resource | None:
        """The resource with the rule's settings, None where the rule is disabled."""
        if self._level(rule.id) is EnforcementLevel.DISABLED:
            return None
        settings = self._settings.get(rule.id)
        return replace(resource, settings=settings) if settings else resource

    def _level(self, policy: str) -> EnforcementLevel:
        return self._get_enforcement_level(self._policies[policy])

    def _report(self, response: Any, rule: Rule, resource: Resource, findings: Findings) -> None:
        """Add findings to ``response``, each under the policy that reports its kind."""
        for found in findings:
            report = BY_KIND.get(found.kind)
            policy = self._policies[report.id if report else rule.id]
            level = self._level(policy.name)
            if level is EnforcementLevel.REMEDIATE:
                level = EnforcementLevel.MANDATORY  # what is found now could not be mended
            if self._level(ENVIRONMENTS_WEIGH.id) is not EnforcementLevel.DISABLED:
                levels = self._settings.get(ENVIRONMENTS_WEIGH.id, Settings())
                level = weighed(level, rule.severity, resource, levels)
            if level is not EnforcementLevel.DISABLED:
                about = f"{rule.id}: " if report else ""
                self._create_report_violation(
                    response, policy.name, policy.description, level, policy.severity
                )(f"{about}{found.message}. {policy.remediation_steps}", found.urn)

    def _as_declared(self, message: Any) -> Resource:
        """A resource of an ``AnalyzeStackRequest`` with the inputs that the program gave it."""
        declared = self._declared.get(message.urn)
        if declared is None:
            return read_resource(message)
        return replace(declared, property_dependencies=read_dependencies(message))

    def _read_settings(self, name: str, given: Mapping[str, object]) -> Settings | None:
        """The settings of one policy, None where they are the defaults.

        The engine sends along the entry for "all" policies, which sets their level.
        """
        if name not in self._policies and name != "all":
            raise RefusedError("no such policy in this pack", given=name)
        if not given:
            return None
        rule = self._rules.get(name)
        report = next((report for report in REPORTS if report.id == name), None)
        options = rule.options if rule else report.options if report else ()
        if not rule and not options:
            raise RefusedError("takes a level and nothing else", given=sorted(given), where=name)
        today = datetime.date.today()
        settings = read_settings(name, options, given, today, exemptible=rule is not None)
        return settings if settings.options or settings.exemptions else None


def _policy_of_rule(rule: Rule) -> sdk.Policy:
    kind = (
        sdk.ResourceValidationPolicy if rule.scope is Scope.RESOURCE else sdk.StackValidationPolicy
    )
    options = {option.name: option.schema for option in rule.options}
    return kind(
        name=rule.id,
        description=rule.title,
        validate=_only_served,
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=sdk.PolicyConfigSchema({**options, "exemptions": EXEMPTIONS_SCHEMA}),
        severity=sdk.Severity(rule.severity.value),
        tags=[*rule.requirements, *rule.frameworks],
        remediation_steps=rule.remediation,
    )


def _policy_of_report(report: Report) -> sdk.Policy:
    options = {option.name: option.schema for option in report.options}
    return sdk.ResourceValidationPolicy(
        name=report.id,
        description=report.title,
        validate=_only_served,
        enforcement_level=report.level,
        config_schema=sdk.PolicyConfigSchema(options) if options else None,
        severity=sdk.Severity(report.severity.value),
        remediation_steps=report.remediation,
    )


def _only_served(*_: object) -> None:
    """What the SDK's own analyzer would run; it must not take a policy for one that passes."""
    raise RuntimeError("this policy is judged by bulkhead_policies.analyzer.serve alone")
