"""The calls of a run as staff see them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from autonomy import models
from tests.autonomy.admin.conftest import SECRET, World, make_run


def page_of(run: models.Run) -> str:
    return reverse("admin:autonomy_run_change", args=[run.pk])


def make_call(run: models.Run, number: int = 0, **changes: Any) -> models.ModelCall:
    values: dict[str, Any] = {
        "run": run,
        "owner": run.owner,
        "key": f"task:{number}",
        "role": "writer",
        "provider": "openai",
        "model": "openai:gpt-5-mini",
        "outcome": "answered",
        "rung": "native",
        "latency_ms": 1_500,
        "input_tokens": 900,
        "output_tokens": 120,
        "usd": "0.001200",
        "price_known": True,
        "prompt": "x" * 100,
    }
    return models.ModelCall.objects.create(**{**values, **changes})


def test_the_page_of_a_run_lists_its_calls_with_their_figures(
    world: World, staff_client: Client
) -> None:
    make_call(world.run, outcome="rate_limit", usd=None, attempt=1)
    make_call(world.run, attempt=2, price_known=False, simulated=True, left_out=["passage 9"])
    text = staff_client.get(page_of(world.run)).content.decode()
    assert "900 in, 120 out" in text
    assert "rate limit" in text
    assert "0.001200 (assumed)" in text
    assert "simulated" in text
    assert "1 part left out" in text
    assert "1.50 s" in text


def test_the_table_can_be_narrowed(world: World, staff_client: Client) -> None:
    make_call(world.run, model="openai:one")
    make_call(world.run, model="openai:two", outcome="overload")
    text = staff_client.get(page_of(world.run), {"calls_outcome": "overload"}).content.decode()
    rows = text.split('id="model-calls"')[1].split("<tbody>")[1].split("</tbody>")[0]
    assert "openai:two" in rows
    assert "openai:one" not in rows


def test_a_filter_that_fits_nothing_says_so_and_hostile_ones_are_escaped(
    world: World, staff_client: Client
) -> None:
    make_call(world.run)
    text = staff_client.get(
        page_of(world.run), {"calls_model": "<script>alert(1)</script>"}
    ).content.decode()
    assert "No call is like that." in text
    assert "<script>alert(1)" not in text


def test_five_hundred_calls_are_listed_without_reading_what_was_said(
    world: World, staff_client: Client
) -> None:
    run = make_run(world.run.owner)
    made = make_call(run)
    rows = []
    for number in range(500):
        row = models.ModelCall(
            **{
                field.attname: getattr(made, field.attname)
                for field in models.ModelCall._meta.concrete_fields
                if field.name not in ("id", "key")
            }
        )
        row.key, row.prompt, row.reply = f"task:{number}", "prompt " * 4_000, "reply " * 2_000
        rows.append(row)
    models.ModelCall.objects.bulk_create(rows)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        began = time.process_time()
        response = staff_client.get(page_of(run))
        took = time.process_time() - began

    assert "500 of 501" in response.content.decode()
    of_calls = [q["sql"] for q in queries if "autonomy_model_calls" in q["sql"]]
    assert len(of_calls) <= 6
    assert not [sql for sql in of_calls if '"prompt"' in sql or '"reply"' in sql]
    assert took < 5, "a page of 500 calls takes tenths of a second of CPU, not seconds"


def test_the_page_of_a_call_shows_what_was_said_with_sizes_and_escapes_it(
    world: World, staff_client: Client
) -> None:
    call = make_call(
        world.run,
        system="Role: writer",
        prompt="<b>Ünïcode</b>",
        reply="An answer.",
        left_out=["passage <i>9</i>"],
    )
    page = reverse("admin:autonomy_modelcall_change", args=[call.pk])
    text = staff_client.get(page).content.decode()
    assert "Role: writer" in text
    assert "&lt;b&gt;Ünïcode&lt;/b&gt;" in text
    assert "<b>Ünïcode</b>" not in text
    assert "16 B, 14 characters" in text
    assert "passage &lt;i&gt;9&lt;/i&gt;" in text


def test_the_list_of_all_calls_reads_no_text_either(
    world: World, staff_client: Client, another_world: Callable[[], World]
) -> None:
    another_world()
    with CaptureQueriesContext(connection) as queries:
        text = staff_client.get(reverse("admin:autonomy_modelcall_changelist")).content.decode()
    assert "openai:gpt-5-mini" in text
    assert f"Write about {SECRET}" not in text
    assert not [q for q in queries if '"autonomy_model_calls"."prompt"' in q["sql"]]
