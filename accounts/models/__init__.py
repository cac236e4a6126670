from accounts.models.audit import AuditEntry
from accounts.models.consent import Invitation, Release
from accounts.models.organisations import Member, Organisation, Role
from accounts.models.roster import Employee
from accounts.models.users import User

__all__ = [
    "AuditEntry",
    "Employee",
    "Invitation",
    "Member",
    "Organisation",
    "Release",
    "Role",
    "User",
]
