"""The door of the API: a key, what it may, and for which organisation."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import structlog
from rest_framework.request import Request

from accounts.access import Inside
from accounts.actors import Actor, key_actor
from accounts.developers import api_keys, sandbox, scopes
from accounts.developers.on_behalf import is_partner
from accounts.models import ApiKey, KeptAnswer, Organisation, PartnerGrant
from headshots.lib.api.idempotency import Kept, Store
from headshots.lib.api.operations import Operation
from headshots.lib.api.problems import Refusal
from headshots.lib.api.views import ApiView, known_version
from headshots.lib.sealed import seal, unseal

ACTS_FOR = "Headshots-Organisation"
_KEPT = "kept answer"


@dataclass(frozen=True)
class Program(Inside):
    """A program inside one organisation, checked."""

    key: ApiKey
    actor: Actor
    scopes: tuple[str, ...]


class TenantView(ApiView):
    """A resource of an organisation, behind a key."""

    inside: Program
    _use: api_keys.Use | None = None
    _version = ""

    def enter(self, request: Request, operation: Operation) -> None:
        address = request.META.get("REMOTE_ADDR")
        key = api_keys.authenticate(secret=_shown(request), address=address)
        structlog.contextvars.bind_contextvars(api_key=key.public_id)
        self._use = use = api_keys.count_use(key=key, address=address)
        if not use.allowed:
            raise Refusal(
                f"More than {use.limit} requests within a minute. Go on in {use.resets_in} s.",
                code="throttled",
                status=429,
                headers={"Retry-After": str(use.resets_in)},
            )
        self._version = known_version(request.headers, key.version)
        organisation, granted = _organisation(request, key, address)
        self.inside = Program(organisation, key, key_actor(key, address), tuple(granted))
        if operation.scope:
            self.needs(operation.scope)

    def may(self, scope: str) -> bool:
        """Whether the key has a scope, and the grant that a partner acts by as well."""
        both = (self.inside.key.scopes, self.inside.scopes)
        return all(scopes.allows(found, scope) for found in both)

    def needs(self, scope: str) -> None:
        """Raises Refusal (403) where the key lacks a scope, or the grant that a partner acts by."""
        if not self.may(scope):
            partner = is_partner(actor=self.actor, organisation=self.organisation)
            raise Refusal(
                f"This needs the scope {scope}, which the key "
                f"{'or the organisation’s grant lacks' if partner else 'lacks'}.",
                code="scope_missing",
                status=403,
            )

    @property
    def actor(self) -> Actor:
        return self.inside.actor

    @property
    def organisation(self) -> Organisation:
        return self.inside.organisation

    def real(self) -> Organisation:
        """The organisation, where it is none's sandbox. Raises Refusal (409) for a sandbox, which
        has no members, domains or money of its own."""
        if self.organisation.sandbox_of_id:
            raise Refusal(
                "This is decided for the organisation itself, not in its sandbox. Use a live key.",
                code="sandbox",
                status=409,
            )
        return self.organisation

    def own(self) -> Organisation:
        """The organisation as `real` gives it, where the key is its own. Raises Refusal (403) for a
        partner's key."""
        organisation = self.real()
        # SECURITY: what would go on after a grant, or end everything, is not a partner's to do.
        if self.inside.key.organisation_id != organisation.pk:
            raise Refusal(
                "A key of the organisation's own is needed for this; a partner's cannot do it.",
                code="own_key",
                status=403,
            )
        return organisation

    def whose(self) -> str:
        return str(self.organisation.pk)

    def store(self) -> Store:
        return _Answers(self.inside)

    def headers_of_answer(self) -> dict[str, str]:
        headers = {"Headshots-Version": self._version} if self._version else {}
        if self._use is not None:
            headers |= {
                "RateLimit-Limit": str(self._use.limit),
                "RateLimit-Remaining": str(self._use.remaining),
                "RateLimit-Reset": str(self._use.resets_in),
            }
        return headers


class _Answers:
    """Answers kept in the database, apart for each key and organisation."""

    def __init__(self, inside: Program) -> None:
        self.inside = inside

    def scope(self) -> str:
        return f"{self.inside.key.pk}:{self.inside.organisation.pk}"

    def find(self, key: str) -> Kept | None:
        row = KeptAnswer.objects.filter(
            api_key=self.inside.key, organisation=self.inside.organisation, key=key
        ).first()
        if row is None:
            return None
        return Kept(row.fingerprint, row.status, row.headers, unseal(row.body, purpose=_KEPT))

    def keep(self, key: str, kept: Kept) -> None:
        KeptAnswer.objects.create(
            api_key=self.inside.key,
            organisation=self.inside.organisation,
            key=key,
            fingerprint=kept.fingerprint,
            status=kept.status,
            headers=kept.headers,
            # SECURITY: some answers hold a secret that is shown once.
            body=seal(kept.body, purpose=_KEPT),
        )


def _shown(request: Request) -> str:
    """What stands behind “Bearer”. Raises Refusal where nothing does."""
    header = request.headers.get("Authorization", "")
    kind, _, secret = header.partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        raise Refusal(
            "Show a key: Authorization: Bearer hs_live_… (or hs_test_…).",
            code="key_missing",
            status=401,
            headers={"WWW-Authenticate": "Bearer"},
        )
    return secret.strip()


def _organisation(
    request: Request, key: ApiKey, address: str | None
) -> tuple[Organisation, list[str]]:
    """Whom the request is for, and the scopes that they give: the key's own organisation, or the
    customer that a partner names; the sandbox of either for a test key, opened where a partner is
    the first to look into it."""
    organisation, granted = key.organisation, key.scopes
    if wanted := request.headers.get(ACTS_FOR, "").strip():
        organisation, granted = _customer(key, wanted)
    if not key.test:
        return organisation, granted
    opened = Organisation.objects.filter(sandbox_of=organisation).first()
    if opened is None:
        opened = sandbox.open_sandbox(actor=key_actor(key, address), organisation=organisation)
    return opened, granted


def _customer(key: ApiKey, wanted: str) -> tuple[Organisation, list[str]]:
    try:
        customer = UUID(wanted)
    except ValueError:
        raise _unknown() from None
    if customer == key.organisation_id:
        return key.organisation, key.scopes
    # SECURITY: read with every request, so that a grant that is withdrawn ends at once.
    grant = (
        PartnerGrant.objects.select_related("organisation")
        .filter(
            partner=key.organisation,
            organisation=customer,
            organisation__closed_at=None,
            withdrawn_at=None,
        )
        .first()
    )
    if grant is None:
        raise _unknown()
    return grant.organisation, grant.scopes


def _unknown() -> Refusal:
    return Refusal(
        f"There is no organisation of that {ACTS_FOR} that lets you act for it.",
        code="not_found",
        status=404,
    )
