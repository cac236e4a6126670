"""A domain counts once its TXT record is seen, for one organisation, until the record is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, DomainClaim
from accounts.sso import domains
from headshots.lib.problems import Problem
from tests.accounts.sso.conftest import Zone
from tests.world import World, make_world


def test_a_record_proves_a_domain(world: World, zone: Zone, client: Client) -> None:
    client.force_login(world.owner)
    slug = world.organisation.slug
    client.post(reverse("sso_domain_add", args=[slug]), {"domain": "Bücher.example"})
    claim = DomainClaim.objects.get()
    page = client.get(reverse("sso_settings", args=[slug])).content.decode()
    assert domains.record_name(claim) == "_headshots.xn--bcher-kva.example"
    assert domains.record_name(claim) in page
    assert domains.record_text(claim) in page
    check = reverse("sso_domain_check", args=[slug, claim.pk])
    assert "not there yet" in client.post(check).content.decode()
    zone.records[domains.record_name(claim)] = ["headshots-domain=" + "0" * 32]
    assert client.post(check).status_code == 409
    zone.broken = True
    assert "did not answer" in client.post(check).content.decode()
    zone.broken = False
    zone.records[domains.record_name(claim)].append(domains.record_text(claim))
    assert client.post(check).status_code == 302
    assert domains.proved_for("Ada@BÜCHER.example") == claim
    assert domains.proved_for("ada@sub.bücher.example") is None
    assert domains.proved_for("ada") is None
    assert AuditEntry.objects.filter(action="domain.proved").exists()


def test_a_proved_domain_is_nobody_elses(world: World, zone: Zone) -> None:
    zone.prove(world)
    other = make_world("Other")
    with pytest.raises(Problem, match="Another organisation has proved"):
        zone.prove(other)
    claim = domains.proved_for("x@acme.example")
    assert claim is not None
    assert claim.organisation == world.organisation


@pytest.mark.parametrize(
    "domain", ["", "example", "-a.example", "a..example", "1.2.3.4", "ex ample.de"]
)
def test_what_is_no_domain_is_refused(world: World, domain: str) -> None:
    with pytest.raises(Problem, match="no domain"):
        domains.claim(actor=world.actor, organisation=world.organisation, domain=domain)


def test_a_proof_outlives_its_record_by_three_days(world: World, zone: Zone) -> None:
    claim = zone.prove(world)

    def looked(days: float) -> int:
        DomainClaim.objects.filter(pk=claim.pk).update(
            checked_at=timezone.now() - timedelta(days=1)
        )
        if days:
            DomainClaim.objects.filter(pk=claim.pk).update(
                missing_since=timezone.now() - timedelta(days=days)
            )
        return domains.sweep()

    assert looked(0) == 0
    zone.broken = True
    assert looked(0) == 0
    zone.broken = False
    zone.records.clear()
    assert looked(0) == 0
    claim.refresh_from_db()
    assert claim.missing_since
    assert claim.proved_at
    assert looked(2) == 0
    assert looked(4) == 1
    assert domains.proved_for("x@acme.example") is None
