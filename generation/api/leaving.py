"""Leaving a shoot, said by the employee and passed on by a program: opting out, withdrawing."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from billing.api.refusals import BUSY
from generation import access
from generation.api import refusals
from generation.api.shoots import TAG, ShootShape, ShootView, ShootViews
from generation.approving import choosing
from generation.leaving import certificates, withdrawals
from generation.models import Certificate
from headshots.lib.api.operations import operation
from headshots.lib.api.problems import Refusal
from headshots.lib.api.refusals import STORAGE_UNAVAILABLE
from headshots.lib.api.shapes import Given, Shape


class ShootOptOutView(ShootViews):
    """The employee's no."""

    acts_on = ShootView

    @operation(
        "shoots_opt_out",
        "Opt out for the employee",
        tag=TAG,
        scope="shoots:write",
        match=True,
        shape=ShootShape,
        refuses=(refusals.CANNOT_OPT_OUT, BUSY),
    )
    def post(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """Where they said so in your product; no reason is asked for. Their photos and pictures are
        destroyed, the credit comes back, and by their own link they may give a photo or initials
        instead. What has been delivered is withdrawn, not opted out of."""
        shoot = access.shoot(self.inside, shoot_id)
        choosing.opt_out(actor=self.actor, shoot=shoot)
        return self.again(shoot_id)


class WithdrawalGiven(Given):
    """An employee's withdrawal, as they told you."""

    irrevocable = serializers.BooleanField(
        help_text="Has to be true: you know that nothing brings back what is destroyed."
    )
    evidence = serializers.CharField(
        max_length=2000, help_text="How you can prove that they withdrew: where they told you."
    )

    example = {"irrevocable": True, "evidence": "Withdrew in our app, event 20417"}


class WithdrawalShape(Shape):
    """What was taken back, and the signed certificate that everything is destroyed."""

    certificate = serializers.UUIDField(source="pk", help_text="Its number.")
    withdrawn_at = serializers.DateTimeField(source="created_at")
    releases = serializers.SerializerMethodField(
        help_text="Ids of the releases that were taken back."
    )
    document = serializers.SerializerMethodField(
        help_text="The certificate as the employee gets it, in their language: its text, the "
        "signature, and the key to check it with."
    )

    example = {
        "certificate": "019ab1c2-0000-7000-8000-00000000002c",
        "withdrawn_at": "2026-11-25T09:00:00Z",
        "releases": ["019ab1c2-0000-7000-8000-00000000000e"],
        "document": "Certificate of destruction\n\nNumber: 019ab1c2-0000-7000-8000-00000000002c\n…",
    }

    def get_releases(self, row: Certificate) -> list[UUID]:
        return [UUID(each["id"]) for each in row.facts["releases"]]

    def get_document(self, row: Certificate) -> str:
        return certificates.document(row)


class ShootWithdrawView(ShootViews):
    """The employee takes their release back."""

    acts_on = ShootView

    @operation(
        "shoots_withdraw",
        "Pass on that the employee withdraws",
        tag=TAG,
        scope="withdrawals:write",
        match=True,
        shape=WithdrawalShape,
        body=WithdrawalGiven,
        refuses=(
            refusals.NOT_CONFIRMED,
            refusals.NOTHING_SIGNED,
            BUSY,
            STORAGE_UNAVAILABLE,
        ),
    )
    def post(self, request: Request, shoot_id: UUID) -> HttpResponseBase:
        """Stops the work and destroys the photos, the model, every picture and headshot of theirs,
        in each of their shoots under a release, delivered ones too; credits that were taken stay
        taken. It cannot be undone. They get the certificate by mail, and `shoot.withdrawn` and
        `release.withdrawn` tell of it, as if they had done it by their own link. Twice is once:
        the answer is the same certificate."""
        said = self.body()
        if not said["irrevocable"]:
            raise Refusal(
                "Withdrawing destroys everything of this person and cannot be undone. Say that "
                "you know it: irrevocable has to be true.",
                code="not_confirmed",
                field="irrevocable",
            )
        certificate = withdrawals.withdraw(
            actor=self.actor,
            shoot=access.shoot(self.inside, shoot_id),
            evidence=said["evidence"],
        )
        return self.shown(certificate)
