"""Run one django-q2 cluster: the one that Q_CLUSTER_NAME names."""

from __future__ import annotations

from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django_q.cluster import Cluster

from headshots.lib import stopping
from headshots.lib.problems import Problem


class PoliteCluster(Cluster):  # type: ignore[misc]
    """Tells long work to end at its next checkpoint before it waits for it."""

    def sig_handler(self, signum: int, frame: FrameType | None) -> None:
        stopping.ask()
        super().sig_handler(signum, frame)


class Command(BaseCommand):
    help = "Run the cluster that Q_CLUSTER_NAME names: “default” or “gpu”."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.Q_CLUSTER_NAME == "gpu":
            from generation.dispatch import base_model

            try:
                base_model.refuse_unusable()
            except Problem as problem:
                raise CommandError(problem.sentence) from problem
        PoliteCluster().start()
