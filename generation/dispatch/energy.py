"""The energy that a device has used, where it tells.

NVIDIA cards count it themselves since Volta, read through NVML, the driver's own library. For the
CPU, Linux has counters of the whole package (RAPL), which only root may read on most machines;
what else runs on the host is in them. Every other device tells nothing, and nothing is made up.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import torch

POWERCAP = Path("/sys/class/powercap")


class Meter(Protocol):
    def joules(self) -> float | None:
        """What was used since some moment in the past; None where nobody tells."""


class Silent:
    """A device that does not tell."""

    def joules(self) -> float | None:
        return None


class Rapl:
    """The packages' counters below `folder`, which begin anew when they are full."""

    def __init__(self, folder: Path = POWERCAP) -> None:
        self._zones: dict[Path, int] = {}
        for zone in sorted(folder.glob("intel-rapl:*")):
            # intel-rapl:0 is a package, intel-rapl:0:0 a part of it.
            if zone.name.count(":") == 1 and self._read(zone / "energy_uj") is not None:
                self._zones[zone] = self._read(zone / "max_energy_range_uj") or 0
        self._last: dict[Path, int] = {}
        self._total = 0

    @staticmethod
    def _read(file: Path) -> int | None:
        try:
            return int(file.read_text())
        except (OSError, ValueError):
            return None

    def joules(self) -> float | None:
        if not self._zones:
            return None
        for zone, most in self._zones.items():
            value = self._read(zone / "energy_uj")
            if value is None:
                return None
            passed = value - self._last.get(zone, value)
            self._total += passed if passed >= 0 else passed + most
            self._last[zone] = value
        return self._total / 1e6


class Nvml:
    """One NVIDIA card, by its identifier. Raises OSError where driver or card do not tell."""

    def __init__(self, uuid: str) -> None:
        self._library = ctypes.CDLL("libnvidia-ml.so.1")
        self._card = ctypes.c_void_p()
        self._check(self._library.nvmlInit_v2())
        name = uuid if uuid.startswith(("GPU-", "MIG-")) else f"GPU-{uuid}"
        self._check(
            self._library.nvmlDeviceGetHandleByUUID(name.encode(), ctypes.byref(self._card))
        )
        self._used()

    @staticmethod
    def _check(code: int) -> None:
        if code:
            raise OSError(f"NVML answered {code}")

    def _used(self) -> float:
        millijoules = ctypes.c_ulonglong()
        self._check(
            self._library.nvmlDeviceGetTotalEnergyConsumption(self._card, ctypes.byref(millijoules))
        )
        return millijoules.value / 1000

    def joules(self) -> float | None:
        try:
            return self._used()
        except OSError:
            return None


def meter(device: torch.device) -> Meter:
    """The meter of a torch device."""
    if device.type == "cpu":
        return Rapl()
    if device.type == "cuda":
        import torch

        try:
            return Nvml(str(torch.cuda.get_device_properties(device).uuid))
        except (OSError, AttributeError):
            return Silent()
    return Silent()


def device_name(device: torch.device) -> str:
    """The device as records call it: “cpu”, “cuda:0 NVIDIA H100 80GB HBM3”."""
    if device.type != "cuda":
        return str(device)
    import torch

    return f"{device} {torch.cuda.get_device_name(device)}"
