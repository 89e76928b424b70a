"""The ``bulkhead`` command."""

import contextlib
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.isolation import Cost, read_cost
from bulkhead.domain.risk import Audience, GpuNeed, Latency, ModelValue, Regulation, Risk
from bulkhead.domain.tiers import Tier

_FILE_WIDTH = 200
"""Columns of text that does not go to a terminal."""

app = typer.Typer(
    help="Compartments for AI workloads on AWS and EKS.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


class Format(StrEnum):
    """How an answer is shown."""

    TEXT = "text"
    JSON = "json"


@app.callback()
def bulkhead() -> None:
    """Compartments for AI workloads on AWS and EKS."""


@app.command()
def preview(
    path: Annotated[Path, typer.Argument(help="Folder of Pulumi.yaml.")] = Path(),
    stack: Annotated[str | None, typer.Option(help="Stack to preview.")] = None,
    env: Annotated[str | None, typer.Option(help="Environment whose layers to preview.")] = None,
    policy_pack: Annotated[
        list[Path] | None, typer.Option(help="Folder of a policy pack; may be repeated.")
    ] = None,
    policy_pack_config: Annotated[
        Path | None, typer.Option(help="JSON file that configures the policy packs.")
    ] = None,
    config: Annotated[
        list[str] | None,
        typer.Option("--config", "-c", help="KEY=VALUE for this preview only; may be repeated."),
    ] = None,
    answers: Annotated[
        Path | None, typer.Option(help="YAML file with answers of provider functions.")
    ] = None,
    format: Annotated[Format, typer.Option(help="How to show it.")] = Format.TEXT,  # noqa: A002
    out: Annotated[Path | None, typer.Option(help="File to write instead of printing.")] = None,
    manifests: Annotated[
        Path | None, typer.Option(help="Folder to write the Kubernetes objects to, as YAML.")
    ] = None,
    assume_applied: Annotated[
        bool, typer.Option(help="Give computed outputs values of the right shape.")
    ] = False,
    patience: Annotated[
        float, typer.Option(min=0.01, help="Seconds of silence after which a program is hung.")
    ] = 10.0,
) -> None:
    """Preview a Pulumi Python program without account, CLI or plugins, with policy packs.

    Exit code 0: clean; 1: a mandatory policy is violated; 2: the program, its configuration or
    the shape of a resource is wrong, and nothing is written.
    """
    from bulkhead.preview import report
    from bulkhead.preview.manifests import write_manifests
    from bulkhead.preview.pack_config import read_pack_config
    from bulkhead.preview.plan import Plan
    from bulkhead.preview.project import Project, load_project
    from bulkhead.preview.run import Options, preview_environment, preview_stack

    def plans_of(project: Project, options: Options) -> Iterator[Plan]:
        if env is not None:
            yield from preview_environment(project, env, options)
        else:
            yield preview_stack(project, stack or _only_stack(project.stacks(), path), options)

    if stack is not None and env is not None:
        raise RefusedError("give one of --stack and --env", given=f"{stack} and {env}")
    if out is not None and not out.parent.is_dir():
        raise RefusedError("no such folder", given=out.parent, where="--out")
    options = Options(
        packs=[folder.resolve() for folder in policy_pack or []],
        pack_config=read_pack_config(policy_pack_config) if policy_pack_config else {},
        assume_applied=assume_applied,
        answers=answers.resolve() if answers else None,
        config=_pairs(config or []),
        patience=patience,
    )
    project = load_project(path)
    buffer = io.StringIO()
    width = None if out is None and sys.stdout.isatty() else _FILE_WIDTH
    console = Console(file=buffer if out else None, width=width)
    plans = []
    with _progress(f"Previewing {project.name}"):
        for plan in plans_of(project, options):
            plans.append(plan)
            if format is Format.TEXT:
                report.print_plan(plan, console)
    code = report.exit_code(plans)
    if format is Format.JSON:
        found = report.environment_as_json(plans) if env else report.plan_as_json(plans[0])
        print(json.dumps(found, indent=2), file=console.file)
    else:
        report.print_summary(plans, console)
    if code != 2 and manifests is not None:
        if not assume_applied:
            quiet = replace(options, packs=[], assume_applied=True)
            plans = list(plans_of(project, quiet))
            for error in [error for plan in plans for error in plan.errors]:
                raise RefusedError(f"with assumed values: {error.message}", where="--manifests")
        count = write_manifests(plans, manifests)
        typer.echo(f"Wrote {count} manifests to {manifests}.", err=True)
    if out is not None:
        if code == 2:
            typer.echo(buffer.getvalue(), nl=False, err=True)
        else:
            out.write_text(buffer.getvalue(), encoding="utf-8")
            typer.echo(f"Wrote {out}.", err=True)
    raise typer.Exit(code)


@app.command()
def recommend(
    tier: Annotated[Tier, typer.Option(help="Sensitivity of the data and models.")],
    model: Annotated[
        ModelValue, typer.Option(help="What the loss of the weights would cost.")
    ] = ModelValue.COMMODITY,
    audience: Annotated[
        Audience, typer.Option(help="Who reaches the endpoint.")
    ] = Audience.INTERNAL,
    regulation: Annotated[
        Regulation, typer.Option(help="What a law, contract or licence asks.")
    ] = Regulation.NONE,
    latency: Annotated[
        Latency, typer.Option(help="How much neighbours may slow an answer.")
    ] = Latency.RELAXED,
    gpus: Annotated[GpuNeed, typer.Option(help="GPUs of one replica.")] = GpuNeed.NONE,
    budget: Annotated[
        str | None, typer.Option(help=f"The most it may cost: {', '.join(map(str, Cost))}.")
    ] = None,
    format: Annotated[Format, typer.Option(help="How to show it.")] = Format.TEXT,  # noqa: A002
) -> None:
    """Recommend the isolation pattern that a workload's risk needs, and not a dearer one.

    Exit code 0: the budget bears it, or none was told; 1: it costs more than the budget.
    """
    from bulkhead.domain import chooser
    from bulkhead.preview import advice

    risk = Risk(tier, model, audience, regulation, latency, gpus)
    found = chooser.recommend(
        risk,
        budget=None if budget is None else read_cost(budget, where="--budget"),
        where="recommend",
    )
    if format is Format.JSON:
        typer.echo(json.dumps(advice.as_json(found), indent=2))
    else:
        advice.show(found, Console(width=None if sys.stdout.isatty() else 120))
    raise typer.Exit(0 if found.within_budget else 1)


def _only_stack(stacks: list[str], path: Path) -> str:
    if len(stacks) != 1:
        raise RefusedError(
            "say which stack with --stack, or --env for the layers of an environment",
            allowed=stacks or "none has a configuration file",
            where=str(path),
        )
    return stacks[0]


def _pairs(entries: list[str]) -> dict[str, str]:
    pairs = {}
    for entry in entries:
        key, separator, value = entry.partition("=")
        if not separator or not key:
            raise RefusedError("not a configuration value", given=entry, allowed="KEY=VALUE")
        pairs[key] = value
    return pairs


@contextlib.contextmanager
def _progress(message: str) -> Iterator[None]:
    """A line on a terminal's standard error while the preview runs."""
    console = Console(stderr=True)
    with console.status(message) if console.is_terminal else contextlib.nullcontext():
        yield


def main() -> None:
    """Run the command; what it refuses is one sentence on standard error and exit code 2."""
    try:
        app()
    except RefusedError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        typer.echo(f"error: {error.filename}: {error.strerror or error}", err=True)
        sys.exit(2)
