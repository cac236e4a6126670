"""An employee takes their release back: work stops, everything is destroyed, and they get proof."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.consent import releases
from accounts.developers.on_behalf import grant_of
from generation import states
from generation.approving import alternatives
from generation.inviting import member_notices, notices
from generation.leaving import certificates, held, journal, retention
from generation.models import Alternative, Candidate, Certificate, Headshot, Selfie, Shoot, State
from generation.publishing import runs
from generation.storage import vault
from headshots.lib.problems import Problem


def covered(shoot: Shoot) -> list[Shoot]:
    """What withdrawing through a shoot's link would end: every shoot of its person under a
    release that still stands, oldest first."""
    signed = Shoot.objects.filter(employee=shoot.employee_id, release__isnull=False)
    open_ones = signed.exclude(state=State.WITHDRAWN).select_related("order")
    return list(open_ones.order_by("created_at", "pk"))


@transaction.atomic
def withdraw(*, actor: Actor, shoot: Shoot, evidence: str = "") -> Certificate:
    """Stop the work, destroy what there is, certify it; in every shoot of the person, under
    whichever release, as their page counts them all. Twice is once. Where a program passes it on,
    `evidence` says how that can be proved, for the log.

    Whoever works on a shoot is shut out by its fence; whoever approves it waits for the lock
    and finds it ended. A headshot that was delivered is withdrawn as well; its credit was spent.
    Raises Problem where no release was signed, or what is to be destroyed cannot be reached.
    """
    vault().confirm()
    organisation = shoot.order.organisation
    grant_of(actor=actor, organisation=organisation)
    mine = Shoot.objects.filter(employee=shoot.employee_id, release__isnull=False)
    signed = releases.locked(mine.values_list("release", flat=True))
    if not signed:
        raise Problem(
            _("You have signed no release, so there is nothing to take back."),
            code="no_release",
            status=409,
        )
    keys = mine.filter(release__in=signed).order_by("pk").values_list("pk", flat=True)
    locked = [states.locked(key) for key in keys]
    under_it = [one for one in locked if one.state != State.WITHDRAWN]
    if not under_it:
        return Certificate.objects.filter(shoot__employee=shoot.employee_id).latest("created_at")
    through = next((one for one in under_it if one.pk == shoot.pk), under_it[0])
    facts = _facts(through, under_it)
    approved = Headshot.objects.filter(shoot__in=under_it, approved_at__isnull=False)
    handed_out = set(approved.values_list("shoot", flat=True))
    handed_out |= {one.pk for one in under_it if runs.standing_in(shoot=one)}
    if actor.kind == "key":
        audit.record(
            actor=actor,
            organisation=organisation,
            action="release.withdrawal_passed_on",
            about=through,
            evidence=evidence,
        )
    for one in under_it:
        states.move(actor=actor, shoot=one, to=State.WITHDRAWN)
    # In one order for all, as colleagues who leave at once wait here for the same ZIPs.
    for one in sorted(under_it, key=lambda one: one.order_id):
        retention.destroy_inputs(actor=actor, shoot=one, results_too=True)
        alternatives.take_back(actor=actor, shoot=one)
        runs.forget_before(shoot=one)
        journal.note(shoot=one)
    for release in signed:
        releases.withdraw(actor=actor, release=release)
    certificate = certificates.issue(shoot=through, facts=facts)
    notices.notify(shoot=through, kind="withdrawn")
    for one in under_it:
        if one.pk in handed_out:
            # The certificate says that they have been told.
            member_notices.headshot_withdrawn(shoot=one)
    return certificate


def _facts(shoot: Shoot, under_it: Sequence[Shoot]) -> dict[str, object]:
    """What is there now in the shoots and will be gone, counted."""
    signed = {one.release.pk: one.release for one in under_it if one.release is not None}
    mine = {"shoot__in": [one.pk for one in under_it]}
    selfies = Selfie.objects.filter(**mine)
    standing = {str(found) for one in under_it for found in runs.standing_in(shoot=one)}
    return {
        "name": shoot.employee.name,
        "email": shoot.employee.email,
        "organisation": shoot.order.organisation.name,
        "order": ", ".join(one.order.name for one in under_it),
        "releases": [
            {
                "id": str(release.pk),
                "version": release.text_version,
                "sha256": release.text_hash,
                "signed_at": release.signed_at.isoformat(timespec="seconds"),
            }
            for release in sorted(signed.values(), key=lambda one: one.signed_at)
        ],
        "withdrawn_at": timezone.now().isoformat(timespec="seconds"),
        "photos": selfies.count(),
        "measurements": selfies.exclude(descriptor=None).count(),
        "models": sum(map(held.has_model, under_it)),
        "pictures": Candidate.objects.filter(**mine).exclude(finished="").count(),
        "headshots": Headshot.objects.filter(**mine).count(),
        "alternatives": Alternative.objects.filter(**mine).count(),
        "was_delivered": Headshot.objects.filter(**mine, approved_at__isnull=False).exists(),
        # Names of the directories that a picture of them was put into and may still stand in.
        "standing_in": sorted(standing),
    }
