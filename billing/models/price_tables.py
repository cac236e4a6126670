"""What making things costs, by version. A record of work keeps the version it was priced by."""

from __future__ import annotations

from django.db import models

from headshots.lib.rows import Row


class PriceTable(Row):
    """Prices of work in cents, in force from its creation until the next version. Never changed."""

    version = models.PositiveIntegerField(unique=True)
    gpu_hour = models.DecimalField(max_digits=12, decimal_places=4)
    cpu_hour = models.DecimalField(max_digits=12, decimal_places=4)
    # Zero where the hour's price has it in.
    energy_kwh = models.DecimalField(max_digits=12, decimal_places=4)
    storage_gb_month = models.DecimalField(max_digits=12, decimal_places=4)
    mail = models.DecimalField(max_digits=12, decimal_places=4)
    # Of each payment: per cent, and so many cents more.
    payment_percent = models.DecimalField(max_digits=6, decimal_places=3)
    payment_fixed = models.DecimalField(max_digits=12, decimal_places=4)

    class Meta:
        ordering = ["-version"]

    def __str__(self) -> str:
        return f"price table {self.version}"

    def hour(self, device: str) -> float:
        """Cents for an hour of a device, known by its name as torch has it."""
        return float(self.cpu_hour if device.startswith("cpu") else self.gpu_hour)
