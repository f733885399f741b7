"""Hints: at most one waits per group, and nobody who hands one over ever waits."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from autonomy.runtime import couriers
from autonomy.runtime.couriers import HintCourier


class Layer:
    """Delivers when it is let; can be away."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Event()
        self.delivered: list[dict[str, int]] = []
        self.heard = threading.Condition()
        self.away = False

    async def group_send(self, due: Mapping[str, dict[str, Any]]) -> None:
        self.entered.set()
        assert self.open.wait(30)
        if self.away:
            raise ConnectionError("Redis is away")
        with self.heard:
            self.delivered.append({group: message["seq"] for group, message in due.items()})
            self.heard.notify_all()

    def until(self, group: str, seq: int) -> None:
        with self.heard:
            assert self.heard.wait_for(
                lambda: any(sent.get(group) == seq for sent in self.delivered), 60
            )


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Layer:
    found = Layer()
    monkeypatch.setattr(couriers, "_group_send", found.group_send)
    monkeypatch.setattr(couriers, "PAUSE_SECONDS", 0.01)
    return found


def test_of_many_hints_for_a_group_the_highest_is_delivered(layer: Layer) -> None:
    courier = HintCourier()
    courier.send(("run.a", {"seq": 1}))
    assert layer.entered.wait(30)  # the first is on its way; these have to wait for it
    for seq in (2, 5, 0, 3):
        courier.send(("run.a", {"seq": seq}))
    courier.send(("run.b", {"seq": 7}))
    layer.open.set()
    layer.until("run.b", 7)
    assert layer.delivered == [{"run.a": 1}, {"run.a": 5, "run.b": 7}]


def test_what_waits_is_bounded(layer: Layer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(couriers, "CAPACITY", 10)
    courier = HintCourier()
    courier.send(("first", {"seq": 1}))
    assert layer.entered.wait(30)
    for n in range(50):
        courier.send((f"run.{n}", {"seq": 1}))
    layer.open.set()
    layer.until("run.9", 1)
    assert sum(map(len, layer.delivered)) == 11


def test_an_absent_layer_costs_the_sender_nothing_and_later_hints_arrive(layer: Layer) -> None:
    courier = HintCourier()
    layer.away = True
    layer.open.set()
    courier.send(("run.a", {"seq": 1}))
    assert layer.entered.wait(30)
    layer.away = False
    ticks = threading.Event()
    seq = 1
    while not layer.delivered and seq < 500:
        seq += 1
        courier.send(("run.a", {"seq": seq}))
        ticks.wait(0.01)
    assert layer.delivered


def test_a_burst_of_runs_rings_some_times(monkeypatch: pytest.MonkeyPatch) -> None:
    open_, entered = threading.Event(), threading.Event()
    rung: list[tuple[str, str]] = []

    def deliver(message: tuple[str, str]) -> None:
        entered.set()
        assert open_.wait(30)
        rung.append(message)

    doorbell = couriers.Courier("doorbell", deliver)
    monkeypatch.setattr(couriers, "_doorbell", doorbell)
    couriers.ring_run("first")
    assert entered.wait(30)
    for number in range(100):
        couriers.ring_run(number)
    couriers.ring_file("a file")  # says which, so each is rung
    assert doorbell.waiting() == couriers.RINGS + 1
    open_.set()
