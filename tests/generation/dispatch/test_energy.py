"""The counters of cards, at the seam to the driver's library: its prototypes, its answers."""

from __future__ import annotations

import ctypes
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from generation.dispatch import energy
from generation.dispatch.claims import Claim
from generation.dispatch.heartbeat import Heartbeat
from generation.models import ComputeUsage, State
from tests.world import make_world

UUID = "c8d7f1d2-9d4b-4a7e-8f53-4f0f5a3e2b11"
HANDLE = 0x7F00_DEAD_BEEF
NOT_SUPPORTED, NOT_FOUND, GPU_IS_LOST = 3, 6, 15


class Driver:
    """What nvml.h says of the four functions, with one card behind them."""

    def __init__(self) -> None:
        self.millijoules = 3_000_000_000_000  # since the driver was loaded; more than 32 bits hold
        self.answer = 0
        self.begun = 0
        handle, energy_used = ctypes.c_void_p, ctypes.c_ulonglong
        self._kept: list[Any] = []
        self.nvmlInit_v2 = self._exported(self._init)
        self.nvmlDeviceGetHandleByUUID = self._exported(
            self._find, ctypes.c_char_p, ctypes.POINTER(handle)
        )
        self.nvmlDeviceGetTotalEnergyConsumption = self._exported(
            self._used, handle, ctypes.POINTER(energy_used)
        )

    def _exported(self, function: Any, *takes: Any) -> Any:
        """A C function as a library exports it: an address, and nobody says what it takes, so
        that whoever calls it has to pass a whole pointer by itself."""
        made = ctypes.CFUNCTYPE(ctypes.c_int, *takes)(function)
        self._kept.append(made)
        address = ctypes.cast(made, ctypes.c_void_p).value
        return ctypes.CDLL(None)._FuncPtr(address)

    def _init(self) -> int:
        self.begun += 1
        return 0

    def _find(self, name: bytes, handle: Any) -> int:
        if not self.begun or name != f"GPU-{UUID}".encode():
            return NOT_FOUND
        handle[0] = HANDLE
        return 0

    def _used(self, handle: int, millijoules: Any) -> int:
        if handle != HANDLE:
            return NOT_FOUND
        if not self.answer:
            millijoules[0] = self.millijoules
        return self.answer


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    made = Driver()
    monkeypatch.setattr(energy.ctypes, "CDLL", lambda name: {"libnvidia-ml.so.1": made}[name])
    return made


class Device(SimpleNamespace):
    def __str__(self) -> str:
        return f"{self.type}:0"


def card(monkeypatch: pytest.MonkeyPatch, uuid: object) -> Any:
    """A torch device whose card has that identifier."""
    about = SimpleNamespace(uuid=uuid)
    cuda = SimpleNamespace(
        get_device_properties=lambda device: about,
        get_device_name=lambda device: "NVIDIA H100 80GB HBM3",
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    return Device(type="cuda")


def test_a_card_is_found_by_its_identifier_and_counts_in_joules(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter = energy.meter(card(monkeypatch, UUID))
    first = meter.joules()
    driver.millijoules += 1_500
    second = meter.joules()
    assert (first, second) == (3_000_000_000.0, 3_000_000_001.5)


def test_a_card_that_stops_telling_is_none_and_not_nothing(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter = energy.meter(card(monkeypatch, UUID))
    driver.answer = GPU_IS_LOST
    assert meter.joules() is None
    driver.answer = 0
    assert meter.joules() == driver.millijoules / 1000


def test_what_does_not_tell_makes_nothing_up(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    another = energy.meter(card(monkeypatch, "00000000-0000-0000-0000-000000000000"))
    assert another.joules() is None
    driver.answer = NOT_SUPPORTED  # before Volta
    assert energy.meter(card(monkeypatch, UUID)).joules() is None
    driver.answer = 0
    del driver.nvmlDeviceGetTotalEnergyConsumption  # a driver from before there was such a function
    assert energy.meter(card(monkeypatch, UUID)).joules() is None


@pytest.mark.django_db(transaction=True)
def test_a_run_on_a_card_is_written_down_with_what_it_told(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The card falls silent in the middle and its driver is loaded anew: what was told counts,
    the rest is nothing, and the run goes on."""
    world = make_world()
    shoots = [world.shoot(State.TRAINING) for _ in range(2)]
    claims = [Claim(shoot.pk, 1) for shoot in shoots]
    device = card(monkeypatch, UUID)
    base: Any = SimpleNamespace(device=device, recipe=SimpleNamespace(name="test"))
    with Heartbeat(worker="gpu@test:1", base=base, claims=claims) as heart:
        driver.millijoules += 5_000_000
        heart.phase = "generating"
        driver.millijoules += 2_000_000
        heart.phase = "judging"
        driver.answer = GPU_IS_LOST
        driver.millijoules += 9_000_000
        heart.phase = "generating"
        driver.answer = 0
        heart.phase = "judging"
        driver.millijoules = 1_000  # counted from nought again
        heart.phase = "generating"
        driver.millijoules += 4_000_000
    rows = ComputeUsage.objects.values_list("phase", "device", "joules")
    name = "cuda:0 NVIDIA H100 80GB HBM3"
    assert sorted(rows) == sorted(
        [("training", name, 2_500.0), ("generating", name, 3_000.0), ("judging", name, None)] * 2
    )


def test_without_the_drivers_library_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(energy.ctypes, "CDLL", gone)
    assert energy.meter(card(monkeypatch, UUID)).joules() is None
    assert energy.meter(SimpleNamespace(type="mps")).joules() is None  # type: ignore[arg-type]
