"""`manage.py evaluate`: run the tasks of the evaluation, or keep the results of a round."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from autonomy import services
from autonomy.evaluation import rounds, task
from autonomy.evaluation.harness import Harness
from autonomy.evaluation.outside import Outside
from autonomy.evaluation.results import Result, Round
from autonomy.evaluation.switches import SWITCHES
from handywriterz.env import env


class Command(BaseCommand):
    help = (
        "Run the tasks of the evaluation against this deployment, which must have EVALUATION=on, "
        "or keep the results of a round for the operator's page. `make evaluate` does all of it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        run = actions.add_parser("run", help="Run tasks; exit code 1 when one goes otherwise.")
        run.add_argument("tasks", nargs="*", metavar="TASK", help="All unless named.")
        run.add_argument("--seeds", type=int, default=1, help="Runs of each task.")
        run.add_argument("--first-seed", type=int, default=1)
        run.add_argument(
            "--off", type=int, default=0, metavar="SEEDS", help="Runs with the behaviour off."
        )
        run.add_argument("--base-url", required=True, help="Where the product listens.")
        run.add_argument("--outside", required=True, help="Address of the simulated outside.")
        run.add_argument("--at-once", type=int, default=6, help="Runs at the same time.")
        run.add_argument("--results", type=Path, required=True, help="Folder for JSON and JUnit.")
        keep = actions.add_parser("record", help="Keep a round's results.json.")
        keep.add_argument("file", type=Path)
        actions.add_parser("list", help="What there is to run, and what each proves.")

    def handle(self, *args: Any, **options: Any) -> None:
        match options["action"]:
            case "run":
                self._run(options)
            case "record":
                self._record(options["file"])
            case "list":
                for one in task.chosen(()):
                    self.stdout.write(f"{one.name}: {one.proves} (Without {one.switch}, it fails.)")

    def _record(self, file: Path) -> None:
        try:
            made = Round.read(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        if not made.finished:
            raise CommandError(
                f"This round was ended after {len(made.results)} runs, so its shares say little: it is "
                "not kept for the operator's page. The file has what it found."
            )
        new = rounds.record(made)
        self.stdout.write("Kept for the operator's page." if new else "It is kept already.")

    def _run(self, options: dict[str, Any]) -> None:
        if env().evaluation != "on":
            raise CommandError(
                "This deployment has not EVALUATION=on: people's own runs go on here. Use "
                "`make evaluate`, which starts a deployment of its own."
            )
        try:
            tasks = task.chosen(options["tasks"])
        except KeyError as error:
            raise CommandError(str(error.args[0])) from error
        first = options["first_seed"]
        made = asyncio.run(
            self._round(
                options,
                tasks,
                seeds=range(first, first + options["seeds"]),
                off=range(first, first + options["off"]),
            )
        )
        made.write(options["results"])
        self.stdout.write("\n" + made.table())
        if not made.as_it_should:
            raise CommandError("Not everything went as it should.")

    async def _round(
        self, options: dict[str, Any], tasks: list[task.Task], *, seeds: range, off: range
    ) -> Round:
        outside = Outside(options["outside"])
        harness = Harness(
            base_url=options["base_url"],
            outside=outside,
            new_key=sync_to_async(new_key),
            version=settings.VERSION,
            pid_file=settings.DATA_DIR / "run" / "runs.pid",
            at_once=options["at_once"],
            on_result=lambda result, so_far: self._tell(result, so_far, options["results"]),
            keep=options["results"] / "runs",
        )
        try:
            return await harness.round(tasks, seeds, off)
        finally:
            await outside.aclose()

    def _tell(self, result: Result, so_far: Round, folder: Path) -> None:
        """Print one run, and keep what the round has found so far."""
        so_far.write(folder)
        off = f" without {result.without}" if result.without else ""
        came = "passed" if result.passed else "failed"
        note = "" if result.as_it_should else "  ← not as it should"
        self.stdout.write(
            f"{result.task} seed {result.seed}{off}: {came}, {result.seconds} s{note}"
        )
        self.stdout.flush()


def new_key(name: str, without: str) -> str:
    """A key of a new person called `name`, for whom the behaviour `without` is switched off."""
    user = User.objects.create_user(username=name[:150], email=f"{name[:60]}@evaluation.invalid")
    if without:
        group, _ = Group.objects.get_or_create(name=SWITCHES[without].group)
        user.groups.add(group)
    return services.create_api_key(user, "evaluation")[1]
