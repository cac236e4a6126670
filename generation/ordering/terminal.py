"""Following shoots in a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from generation.ordering.progress import ShootProgress


def follow(look_again: Callable[[], Sequence[ShootProgress] | None], *, seconds: float) -> None:
    """Show progress bars until `look_again` returns None; it is called every so many seconds.

    Where the output is no terminal, a line is printed whenever something has changed by a tenth.
    """
    console = Console()
    last = ""
    with Live(console=console, refresh_per_second=2, auto_refresh=console.is_terminal) as live:
        while (rows := look_again()) is not None:
            if console.is_terminal:
                live.update(_table(rows))
            else:
                line = "  ".join(
                    f"{row.shoot.employee.first_name or row.shoot.employee.email} "
                    f"{row.shoot.state} {row.percent // 10 * 10} %"
                    for row in rows
                )
                if line != last:
                    print(line, flush=True)
                last = line
            time.sleep(seconds)


def _table(rows: Sequence[ShootProgress]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("Employee", "", "", "GPU seconds"):
        table.add_column(heading, no_wrap=True)
    for row in rows:
        table.add_row(
            row.shoot.employee.name,
            ProgressBar(total=100, completed=row.percent, width=24),
            row.words,
            f"{row.gpu_seconds:.0f}",
        )
    return table
