"""Previewing programs: one stack, all layers of an environment, or a function in a test."""

import asyncio
import contextlib
import contextvars
import inspect
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.stack import run_in_stack

from bulkhead.preview import failures
from bulkhead.preview.answers import Answers, load_answers
from bulkhead.preview.assets import missing_files
from bulkhead.preview.loop import (
    HangError,
    clear_away,
    close_loop,
    make_loop,
    rare_collections,
    waiting_resources,
)
from bulkhead.preview.monitor import STACK_TYPE, Engine, Monitor
from bulkhead.preview.outcomes import Outcomes
from bulkhead.preview.pack_config import PackConfig, refuse_unknown_policies
from bulkhead.preview.packs import PolicyPack
from bulkhead.preview.plan import Plan, PlanError
from bulkhead.preview.program import inside
from bulkhead.preview.project import Project, StackConfig, load_config
from bulkhead.preview.shapes import check_inputs, has_declared_types, package_of
from bulkhead.preview.wire import contains_unknown
from bulkhead.preview.world import World

PATIENCE = 10.0
"""Seconds that a program may wait without anything happening before it counts as hung."""

ORGANIZATION = "organization"
"""What the CLI's own backends call the organization."""


@dataclass(frozen=True)
class Options:
    """How to preview.

    Attributes:
        packs: folders of policy packs.
        pack_config: their configuration.
        assume_applied: give computed outputs a value instead of unknown.
        answers: file that overrides the canned answers of provider functions.
        config: configuration values for this preview only.
        patience: seconds of silence after which the program counts as hung.
    """

    packs: Sequence[Path] = ()
    pack_config: PackConfig = field(default_factory=dict)
    assume_applied: bool = False
    answers: Path | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    patience: float = PATIENCE


def preview_stack(
    project: Project,
    stack: str,
    options: Options = Options(),
    references: Mapping[str, Mapping[str, Any]] | None = None,
) -> Plan:
    """Preview one stack of a project.

    ``references`` are outputs of other stacks by ``project/stack``. What the program does wrong
    stands in the plan's errors.

    Raises:
        RefusedError: the stack, a policy pack or a configuration is missing or wrong.
    """
    stack = stack.rpartition("/")[2]  # the CLI's names may have organization and project in front
    config = load_config(project, stack, options.config)
    with _packs(project.name, stack, options, config) as packs, inside(project) as program:
        return _preview(
            program,
            plan=Plan(project.name, stack),
            config=config,
            options=options,
            packs=packs,
            references=references or {},
            root=project.root,
        )


def preview_environment(
    project: Project,
    environment: str,
    options: Options = Options(),
) -> Iterator[Plan]:
    """Preview the layers of an environment in order, each reading the ones before.

    A layer is previewed for real once the ones before it are applied, so a StackReference is
    answered with the values that their outputs would then have.

    Raises:
        RefusedError: as ``preview_stack``.
    """
    references: dict[str, Mapping[str, Any]] = {}
    layers = project.layers(environment)
    for layer in layers:
        plan = preview_stack(project, layer, options, references)
        outputs: Mapping[str, Any] = plan.outputs
        if layer != layers[-1] and not plan.errors and contains_unknown(outputs):
            applied = replace(options, packs=(), assume_applied=True)
            outputs = _assumed(plan, preview_stack(project, layer, applied, references))
        yield plan
        if plan.errors:
            return
        references[f"{project.name}/{layer}"] = outputs


def _assumed(plan: Plan, applied: Plan) -> Mapping[str, Any]:
    """The outputs that the layers after ``plan`` get to see."""
    failure = next((error.message for error in applied.errors if not error.urn), None)
    if failure is None:
        return applied.outputs
    plan.note(
        f"with assumed values this layer fails ({failure}), so the layers after it see its "
        "unknown outputs as unknown"
    )
    return plan.outputs


def preview_function(
    program: Callable[[], object],
    *,
    project: str = "test",
    stack: str = "dev",
    config: Mapping[str, str] | None = None,
    secret_keys: frozenset[str] = frozenset(),
    references: Mapping[str, Mapping[str, Any]] | None = None,
    options: Options = Options(),
    assume_applied: bool = False,
) -> Plan:
    """Preview what a function registers; made for tests of components.

    ``config`` is by full key, such as ``aws:region``. Errors that the function raises stand in
    the plan.
    """
    if assume_applied:
        options = replace(options, assume_applied=True)
    stack_config = StackConfig({**(config or {}), **options.config}, secret_keys)
    with _packs(project, stack, options, stack_config) as packs:
        return _preview(
            program,
            plan=Plan(project, stack),
            config=stack_config,
            options=options,
            packs=packs,
            references=references or {},
            root=Path.cwd(),
        )


@contextlib.contextmanager
def _packs(
    project: str, stack: str, options: Options, config: StackConfig
) -> Iterator[list[PolicyPack]]:
    with contextlib.ExitStack() as started:
        packs: list[PolicyPack] = []
        for folder in options.packs:
            pack = PolicyPack(
                folder,
                project=project,
                stack=stack,
                stack_config=config.values,
                config=options.pack_config,
            )
            started.callback(pack.close)
            packs.append(pack)
        yield packs


def _preview(
    program: Callable[[], object],
    *,
    plan: Plan,
    config: StackConfig,
    options: Options,
    packs: list[PolicyPack],
    references: Mapping[str, Mapping[str, Any]],
    root: Path,
) -> Plan:
    world = World()
    if region := config.values.get("aws:region"):
        world = world.in_region(region)
    answers = load_answers(options.answers, world) if options.answers else Answers(world)
    monitor = Monitor(
        plan,
        answers=answers,
        outcomes=Outcomes(answers.world, references, assume_applied=options.assume_applied),
        packs=packs,
    )
    settings = pulumi.runtime.Settings(
        project=plan.project,
        stack=plan.stack,
        monitor=monitor,
        engine=Engine(plan),
        parallel=1,
        dry_run=True,
        organization=ORGANIZATION,
        root_directory=str(root),
    )
    failure = contextvars.copy_context().run(_execute, program, settings, config, options.patience)
    policies = [policy for pack in packs for policy in pack.connect()]
    if packs:
        refuse_unknown_policies(options.pack_config, policies)
    if failure is not None:
        plan.errors.append(PlanError("", "", failures.explain(failure, root)))
        failure = None
        clear_away()
        return plan
    _check_shapes(plan)
    stack_urn = (
        f"urn:pulumi:{plan.stack}::{plan.project}::{STACK_TYPE}::{plan.project}-{plan.stack}"
    )
    for pack in packs:
        plan.violations.extend(pack.findings(monitor.stack_resources, stack_urn))
    return plan


def _execute(
    program: Callable[[], object],
    settings: pulumi.runtime.Settings,
    config: StackConfig,
    patience: float,
) -> BaseException | None:
    """Run the program on a loop of its own; return what it raised."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = make_loop(patience)
    asyncio.set_event_loop(loop)
    pulumi.runtime.set_all_config(dict(config.values), list(config.secret_keys))
    pulumi.runtime.configure(settings)
    pulumi.runtime.settings.ROOT.set(None)
    plan = settings.engine.plan
    results: list[object] = []  # kept from the runtime, which would await a coroutine
    try:
        with rare_collections(), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            loop.run_until_complete(run_in_stack(lambda: results.append(program())))
    except HangError:
        return failures.hang(waiting_resources(loop), patience)
    except SystemExit as error:
        return error if error.code else None
    except Exception as error:
        manager = pulumi.runtime.settings._get_rpc_manager()
        if manager.unhandled_exception is error:  # its own traceback goes where two await it
            error.with_traceback(manager.exception_traceback)
        return error
    finally:
        messages = [str(w.message) for w in caught if issubclass(w.category, RuntimeWarning)]
        plan.notes.extend(failures.never_awaited([*messages, *_forgotten(results)]))
        close_loop(loop)
        asyncio.set_event_loop(None)
    return None


def _forgotten(results: list[object]) -> Iterator[str]:
    """What Python will say about coroutines that still lie around in the program's namespace."""
    for value in [v for found in results if isinstance(found, dict) for v in found.values()]:
        if inspect.iscoroutine(value) and inspect.getcoroutinestate(value) == inspect.CORO_CREATED:
            yield f"coroutine '{value.__qualname__}' was never awaited"
            value.close()


def _check_shapes(plan: Plan) -> None:
    unchecked = set()
    for resource in plan.resources:
        if not resource.custom or resource.read:
            continue
        plan.errors.extend(
            PlanError(resource.urn, path, message)
            for path, message in missing_files(resource.inputs)
        )
        if not has_declared_types(resource.type):
            unchecked.add(package_of(resource.type))
            continue
        plan.errors.extend(
            PlanError(resource.urn, found.path, found.message)
            for found in check_inputs(resource.type, resource.inputs)
        )
    for package in sorted(unchecked):
        plan.note(
            f"resources of package '{package}' are recorded without a check of their shape: "
            "its SDK is not installed or declares no types"
        )
