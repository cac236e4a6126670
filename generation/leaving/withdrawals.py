"""An employee takes their release back: work stops, everything is destroyed, and they get proof."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.consent import releases
from generation import states
from generation.approving import alternatives
from generation.inviting import member_notices, notices
from generation.leaving import certificates, retention
from generation.models import Alternative, Candidate, Certificate, Headshot, Selfie, Shoot, State
from generation.publishing import runs
from headshots.lib.problems import Problem


def may_withdraw(shoot: Shoot) -> bool:
    """Whether there is anything to take back."""
    return shoot.release_id is not None and shoot.state != State.WITHDRAWN


@transaction.atomic
def withdraw(*, actor: Actor, shoot: Shoot) -> Certificate:
    """Stop the work, destroy what there is, certify it. Twice is once.

    Whoever works on the shoot is shut out by its fence; whoever approves it waits for the lock
    and finds it ended. A headshot that was delivered is withdrawn as well; its credit was spent.
    Raises Problem where no release was signed.
    """
    shoot = states.locked(shoot.pk)
    known = Certificate.objects.filter(shoot=shoot).first()
    if known is not None:
        return known
    if shoot.release is None:
        raise Problem(
            _("You have signed no release, so there is nothing to take back."),
            code="no_release",
            status=409,
        )
    facts = _facts(shoot)
    states.move(actor=actor, shoot=shoot, to=State.WITHDRAWN)
    releases.withdraw(actor=actor, release=shoot.release)
    retention.destroy_inputs(actor=actor, shoot=shoot, results_too=True)
    alternatives.take_back(actor=actor, shoot=shoot)
    runs.forget_before(shoot=shoot)
    certificate = certificates.issue(shoot=shoot, facts=facts)
    notices.notify(shoot=shoot, kind="withdrawn")
    if facts["was_delivered"]:
        # The certificate says that they have been told.
        member_notices.headshot_withdrawn(shoot=shoot)
    return certificate


def _facts(shoot: Shoot) -> dict[str, object]:
    """What is there now and will be gone, counted."""
    assert shoot.release is not None
    selfies = Selfie.objects.filter(shoot=shoot)
    return {
        "name": shoot.employee.name,
        "email": shoot.employee.email,
        "organisation": shoot.order.organisation.name,
        "order": shoot.order.name,
        "release_version": shoot.release.text_version,
        "release_sha256": shoot.release.text_hash,
        "signed_at": shoot.release.signed_at.isoformat(timespec="seconds"),
        "withdrawn_at": timezone.now().isoformat(timespec="seconds"),
        "photos": selfies.count(),
        "measurements": selfies.exclude(descriptor=None).count(),
        "models": int(bool(shoot.adapter)),
        "pictures": Candidate.objects.filter(shoot=shoot).exclude(finished="").count(),
        "headshots": Headshot.objects.filter(shoot=shoot).count(),
        "alternatives": Alternative.objects.filter(shoot=shoot).count(),
        "was_delivered": Headshot.objects.filter(shoot=shoot, approved_at__isnull=False).exists(),
    }
