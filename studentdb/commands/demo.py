"""`studentdb demo`: the whole system on this machine, with a sample school, in one command."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from studentdb.commands.command import Json, command
from studentdb.context import Context

ENV = "demo"
ADMIN = "admin@example.edu"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, selects=False)(demo)


def demo(_context: Context, *, as_json: Json = False) -> None:
    """Try it on this machine, without AWS.

    Deploys to the embedded engine, creates an admin and loads a sample school through the API. Needs the extra
    `local` (pip install 'studentdb[local]'). Running it again is fine.
    """
    from studentdb.api.problems import checked
    from studentdb.api.student_import import import_students
    from studentdb.commands import sample_year
    from studentdb.commands.deployment import run_deploy
    from studentdb.contract.students import StudentCreate
    from studentdb.provision.administrators import one_time_password, set_lasting_password
    from studentdb.sample.school import students
    from studentdb.ui.console import Console
    from studentdb.ui.progress import Count

    console = Console()
    context = Context({"local": True, "env": ENV}, environ=os.environ, cwd=Path.cwd())
    addresses = run_deploy(context, console, yes=True).addresses
    password = one_time_password()
    set_lasting_password(context.aws, addresses.user_pool_id, ADMIN, password)
    context.session.sign_in(ADMIN, password, lambda: password)
    school = {number: checked(StudentCreate, student) for number, student in enumerate(students(), start=1)}
    with Count(console, "students", len(school)) as count:
        result = import_students(context.students, school, count.advance)
    changed = f", {result.changed} changed back" if result.changed else ""
    console.say(f"The sample school: {result.added} added, {result.unchanged} there already{changed}.")
    classes = sample_year.load(context, console, context.students.list())
    console.say(f"Its autumn term: {classes} classes with their lecturers and students.")
    if as_json:
        console.json({"site_url": addresses.site_url, "email": ADMIN, "password": password, "students": len(school)})
        return
    console.data(f"site      {addresses.site_url}")
    console.data(f"e-mail    {ADMIN}")
    console.data(f"password  {password}")
    console.say("")
    # With others known as well, it has to be named.
    flags = f" --local --env {ENV}" if len(context.registry.all()) > 1 and not context.is_default else ""
    console.say("You are signed in on the command line as well. Try:")
    console.say(f"  studentdb students list --limit 10{flags}")
    console.say(f"  studentdb classes roster MATH-09{flags}")
    console.say(f"  studentdb students add --number S2001 --given-name Ada --family-name Lovelace{flags}")
    console.say(f"  studentdb status{flags}")
    console.say(f"  studentdb teardown --delete-data{flags}; studentdb local down")
