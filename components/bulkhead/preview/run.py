"""Previewing programs: one stack, all layers of an environment, or a function in a test."""

import asyncio
import contextlib
import contextvars
import logging
import os
import runpy
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.proto import engine_pb2
from pulumi.runtime.stack import run_in_stack

from bulkhead.preview import failures
from bulkhead.preview.answers import Answers, load_answers
from bulkhead.preview.assume import World
from bulkhead.preview.loop import (
    HangError,
    close_loop,
    make_loop,
    rare_collections,
    waiting_resources,
)
from bulkhead.preview.monitor import STACK_TYPE, Monitor
from bulkhead.preview.pack_config import PackConfig
from bulkhead.preview.packs import PolicyPack
from bulkhead.preview.plan import Plan, PlanError
from bulkhead.preview.project import Project, StackConfig, load_config
from bulkhead.preview.shapes import check_inputs, has_declared_types, package_of
from bulkhead.preview.wire import contains_unknown

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
    config = load_config(project, stack, options.config)
    with _packs(project.name, stack, options) as packs, _inside(project) as program:
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
        yield plan
        if plan.errors:
            return
        applied = plan
        if layer != layers[-1] and contains_unknown(plan.outputs):
            quiet = Options(assume_applied=True, answers=options.answers, config=options.config)
            applied = preview_stack(project, layer, quiet, references)
        references[f"{project.name}/{layer}"] = applied.outputs


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
        options = Options(assume_applied=True, answers=options.answers, patience=options.patience)
    with _packs(project, stack, options) as packs:
        return _preview(
            program,
            plan=Plan(project, stack),
            config=StackConfig(config or {}, secret_keys),
            options=options,
            packs=packs,
            references=references or {},
            root=Path.cwd(),
        )


@contextlib.contextmanager
def _packs(project: str, stack: str, options: Options) -> Iterator[list[PolicyPack]]:
    packs: list[PolicyPack] = []
    try:
        for folder in options.packs:
            packs.append(
                PolicyPack(folder, project=project, stack=stack, config=options.pack_config)
            )
        yield packs
    finally:
        for pack in packs:
            pack.close()


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
        world=answers.world,
        references=references,
        packs=packs,
        assume_applied=options.assume_applied,
    )
    for pack in packs:
        pack.connect()
    settings = pulumi.runtime.Settings(
        project=plan.project,
        stack=plan.stack,
        monitor=monitor,
        engine=_Engine(plan),
        parallel=1,
        dry_run=True,
        organization=ORGANIZATION,
        root_directory=str(root),
    )
    failure = contextvars.copy_context().run(_execute, program, settings, config, options.patience)
    if failure is not None:
        plan.errors.append(PlanError("", "", failures.explain(failure, root)))
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
    try:
        with rare_collections(), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            loop.run_until_complete(run_in_stack(lambda: _ignore(program())))
    except HangError:
        return failures.hang(waiting_resources(loop), patience)
    except (Exception, SystemExit) as error:
        return error
    finally:
        plan.notes.extend(failures.never_awaited(caught))
        close_loop(loop)
        asyncio.set_event_loop(None)
    return None


def _ignore(_result: object) -> None:
    """A program's result is nothing that the runtime should await."""


def _check_shapes(plan: Plan) -> None:
    unchecked = set()
    for resource in plan.resources:
        if not resource.custom or resource.read:
            continue
        if not has_declared_types(resource.type):
            unchecked.add(package_of(resource.type))
            continue
        plan.errors.extend(
            PlanError(resource.urn, found.path, found.message)
            for found in check_inputs(resource.type, resource.inputs)
        )
    for package in sorted(unchecked):
        plan.notes.append(
            f"resources of package '{package}' are recorded without a check of their shape: "
            "its SDK is not installed or declares no types"
        )


@contextlib.contextmanager
def _inside(project: Project) -> Iterator[Callable[[], object]]:
    """The project's program, to be run in its folder with nothing of it left behind."""
    folder = project.folder
    modules = set(sys.modules)
    path, cwd, argv = list(sys.path), Path.cwd(), sys.argv
    sys.path.insert(0, str(folder))
    sys.argv = [str(project.program)]
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield lambda: runpy.run_path(str(project.program), run_name="__main__")
    finally:
        os.chdir(cwd)
        sys.path[:], sys.argv = path, argv
        for name in set(sys.modules) - modules:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if Path(file).is_relative_to(folder) and "site-packages" not in file:
                del sys.modules[name]


class _Engine:
    """What the program logs: errors fail the preview, warnings become notes."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def Log(self, request: engine_pb2.LogRequest) -> None:
        if request.severity == engine_pb2.ERROR:
            self.plan.errors.append(PlanError(request.urn, "", request.message))
        elif request.severity == engine_pb2.WARNING and request.message not in self.plan.notes:
            self.plan.notes.append(request.message)

    def RequirePulumiVersion(self, _request: Any) -> None:
        """Any version will do: no CLI takes part."""
