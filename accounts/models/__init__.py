from accounts.models.api import ApiKey, KeptAnswer, PartnerGrant, PartnerOrigin
from accounts.models.audit import AuditEntry
from accounts.models.consent import EmbedLink, Invitation, Release, StaleLink
from accounts.models.organisations import Location, Member, MemberInvitation, Organisation, Role
from accounts.models.pace import Tally
from accounts.models.roster import Change, Employee, RosterImport, RosterLine
from accounts.models.sso import DomainClaim, IdentityProvider
from accounts.models.users import User
from accounts.models.webhooks import (
    Event,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookSecret,
)

__all__ = [
    "ApiKey",
    "AuditEntry",
    "Change",
    "DomainClaim",
    "EmbedLink",
    "Employee",
    "Event",
    "IdentityProvider",
    "Invitation",
    "KeptAnswer",
    "Location",
    "Member",
    "MemberInvitation",
    "Organisation",
    "PartnerGrant",
    "PartnerOrigin",
    "Release",
    "Role",
    "RosterImport",
    "RosterLine",
    "StaleLink",
    "Tally",
    "User",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookSecret",
]
