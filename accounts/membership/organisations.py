"""Founding organisations, adding members, and what an organisation has set for itself."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import Actor
from accounts.developers.on_behalf import grant_of
from accounts.mail import letters
from accounts.membership.members import has_members, lock, still_owner
from accounts.membership.second_factor import has_second_factor, owner_has_second_factor
from accounts.models import Member, Organisation, PartnerGrant, PartnerOrigin, Role, User
from headshots.lib import logos
from headshots.lib.problems import Problem
from headshots.lib.storage import vault

MOST_ORIGINS = 20
_LOCAL = ("localhost", "127.0.0.1", "[::1]")
_ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[::1\]|[a-z0-9](?:[a-z0-9.-]{0,150}[a-z0-9])?)(?P<port>:\d{1,5})?/?"
)


def found_organisation(*, actor: Actor, owner: User, name: str) -> Organisation:
    """Create an organisation with its first owner. The slug is made from the name.

    Raises Problem for a name without a letter.
    """
    name = _name(name)
    base = slugify(name, allow_unicode=False)[:50] or "organisation"
    for suffix in range(1, 100):
        slug = base if suffix == 1 else f"{base}-{suffix}"
        try:
            with transaction.atomic():
                organisation = Organisation.objects.create(name=name, slug=slug)
                Member.objects.create(organisation=organisation, user=owner, role=Role.OWNER)
                audit.record(
                    actor=actor,
                    organisation=organisation,
                    action="organisation.founded",
                    about=organisation,
                )
                return organisation
        except IntegrityError:
            continue
    raise Problem(
        _("A hundred organisations have this name already. Choose another."),
        code="name_taken",
        field="name",
    )


@transaction.atomic
def add_member(*, actor: Actor, organisation: Organisation, user: User, role: Role) -> Member:
    """Make a user a member, or change the role of one who is; the last owner stays owner. Raises
    Problem (409) for a sandbox."""
    has_members(organisation=organisation)
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    others = Member.objects.filter(organisation=organisation, role=Role.OWNER).exclude(user=user)
    current = Member.objects.filter(organisation=organisation, user=user).first()
    if current and current.role == Role.OWNER and role != Role.OWNER and not others.exists():
        raise Problem(
            _("An organisation needs an owner. Make somebody else owner first."), code="last_owner"
        )
    member, _made = Member.objects.update_or_create(
        organisation=organisation, user=user, defaults={"role": role}
    )
    audit.record(
        actor=actor,
        organisation=organisation,
        action="member.set",
        about=member,
        email=user.email,
        role=str(role),
    )
    return member


@transaction.atomic
def rename(*, actor: Actor, organisation: Organisation, name: str) -> Organisation:
    """Give it another name; its address stays. Raises Problem for a name without a letter."""
    name = _name(name)
    organisation = lock(organisation=organisation)
    still_owner(actor=actor, organisation=organisation)
    if organisation.name == name:
        return organisation
    was, organisation.name = organisation.name, name
    organisation.save(update_fields=["name"])
    audit.record(
        actor=actor,
        organisation=organisation,
        action="organisation.renamed",
        about=organisation,
        was=was,
        name=name,
    )
    return organisation


@transaction.atomic
def set_logo(*, actor: Actor, organisation: Organisation, data: bytes | None) -> Organisation:
    """The picture above mail to employees and members: a PNG or WebP file; None for none.

    Raises Problem for what is no picture to be used, and nothing is changed then.
    """
    key = ""
    if data is not None:
        cleaned = logos.clean(data, largest=letters.LARGEST_LOGO)
        key = f"{organisation.pk}/mail/{hashlib.sha256(cleaned).hexdigest()}.png"
        vault().put(key, cleaned)
    organisation = lock(organisation=organisation)
    still_owner(actor=actor, organisation=organisation)
    if organisation.logo == key:
        return organisation
    before, organisation.logo = organisation.logo, key
    organisation.save(update_fields=["logo"])
    audit.record(
        actor=actor,
        organisation=organisation,
        action="organisation.logo",
        about=organisation,
        shown=bool(key),
    )
    if before:
        transaction.on_commit(lambda: vault().delete(before))
    return organisation


@transaction.atomic
def require_second_factor(
    *, actor: Actor, organisation: Organisation, required: bool
) -> Organisation:
    """Let members in only with a second factor, or no longer ask for it.

    Raises Problem where the owner who asks, or every owner, has none: they would lock themselves
    out.
    """
    organisation = lock(organisation=organisation)
    still_owner(actor=actor, organisation=organisation)
    if required and actor.user and not has_second_factor(actor.user):
        raise Problem(
            _("Set up a second factor for yourself first; otherwise you would lock yourself out."),
            code="own_second_factor",
        )
    if required and not owner_has_second_factor(organisation):
        raise Problem(
            _(
                "No owner has a second factor yet, so nobody could come in any more. Let one of "
                "them set it up first."
            ),
            code="own_second_factor",
            field="second_factor_required",
        )
    if organisation.second_factor_required == required:
        return organisation
    organisation.second_factor_required = required
    organisation.save(update_fields=["second_factor_required"])
    audit.record(
        actor=actor,
        organisation=organisation,
        action="organisation.second_factor",
        about=organisation,
        required=required,
    )
    return organisation


def _name(text: str) -> str:
    name = " ".join(text.split())[:120]
    if not any(character.isalnum() for character in name):
        raise Problem(_("Give the organisation a name."), code="name_missing", field="name")
    return name


@transaction.atomic
def allow_framing(
    *, actor: Actor, organisation: Organisation, origins: Sequence[str]
) -> Organisation:
    """Say whose pages may show the employees' way in a frame, by origin; none: nobody's.

    A partner says so of its own alone, which end with its grant: what others allowed stays, and
    stays theirs where it names that. Raises Problem for what is no origin, such as one with a path
    or a wildcard, and for too many, those of others counted.
    """
    allowed = list(dict.fromkeys(read_origin(text) for text in origins))
    if organisation.sandbox_of is not None:
        # Withdrawing locks it, then the grant, then the sandbox; here it comes first as well.
        lock(organisation=organisation.sandbox_of)
    organisation = lock(organisation=organisation)
    grant = grant_of(actor=actor, organisation=organisation)
    if grant is not None:
        added = PartnerOrigin.objects.filter(organisation=organisation, grant=grant)
        own = set(added.values_list("origin", flat=True))
        others = [origin for origin in organisation.embed_origins if origin not in own]
        allowed = list(dict.fromkeys([*others, *allowed]))
    if len(allowed) > MOST_ORIGINS:
        raise Problem(
            _("At most {most_origins} origins.").format(most_origins=MOST_ORIGINS),
            code="too_many_origins",
            field="embed_origins",
        )
    if grant is not None:
        PartnerOrigin.objects.bulk_create(
            PartnerOrigin(organisation=organisation, grant=grant, origin=origin)
            for origin in allowed
            if origin not in organisation.embed_origins
        )
    _frame(actor, organisation, allowed)
    return organisation


@transaction.atomic
def end_framing_of(*, actor: Actor, grant: PartnerGrant) -> None:
    """Take back the origins that a partner added under a grant, in the sandbox as well. Those that
    others allowed before it stay."""
    added = PartnerOrigin.objects.filter(grant=grant).values_list("organisation", flat=True)
    for organisation in Organisation.objects.select_for_update(no_key=True).filter(pk__in=added):
        ended = PartnerOrigin.objects.filter(organisation=organisation, grant=grant)
        gone = set(ended.values_list("origin", flat=True))
        left = [origin for origin in organisation.embed_origins if origin not in gone]
        _frame(actor, organisation, left)


def _frame(actor: Actor, organisation: Organisation, allowed: list[str]) -> None:
    if organisation.embed_origins == allowed:
        return
    organisation.embed_origins = allowed
    organisation.save(update_fields=["embed_origins"])
    # Allowed again, an origin is of whoever does that.
    PartnerOrigin.objects.filter(organisation=organisation).exclude(origin__in=allowed).delete()
    audit.record(
        actor=actor,
        organisation=organisation,
        action="organisation.framing",
        about=organisation,
        origins=allowed,
    )


def read_origin(text: str) -> str:
    """An origin as browsers write it: https://people.example.com, or http:// on this machine."""
    found = _ORIGIN.fullmatch(text.strip().lower())
    if found is None or (found["scheme"] == "http" and found["host"] not in _LOCAL):
        raise Problem(
            _(
                "“{value}” is no origin, such as https://people.example.com, without a "
                "path behind it."
            ).format(value=text.strip()[:80]),
            code="origin",
            field="embed_origins",
        )
    port = found["port"] or ""
    usual = {"https": ":443", "http": ":80"}[found["scheme"]]
    return f"{found['scheme']}://{found['host']}{'' if port == usual else port}"
