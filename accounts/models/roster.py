"""The staff roster, and files that are on their way into it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy

from accounts.models.organisations import Organisation
from headshots.lib.rows import Row


class Employee(Row):
    """A row of the roster; acts through invitation links, without an account."""

    class Status(models.TextChoices):
        ACTIVE = "active", gettext_lazy("On the roster")
        LEFT = "left", gettext_lazy("Has left")

    class Language(models.TextChoices):
        ENGLISH = "en", "English"
        GERMAN = "de", "German"
        FRENCH = "fr", "French"
        SPANISH = "es", "Spanish"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="employees")
    email = models.EmailField()
    employee_number = models.CharField(max_length=60, blank=True)
    # What a partner's system calls them; by API alone.
    external_id = models.CharField(max_length=100, blank=True, default="", db_default="")
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    # What somebody is called instead of their first name.
    preferred_name = models.CharField(max_length=100, blank=True, default="")
    title = models.CharField(max_length=150, blank=True)
    department = models.CharField(max_length=100, blank=True)
    location = models.CharField(max_length=100, blank=True, default="")
    # Empty: nobody has said which.
    language = models.CharField(max_length=5, blank=True, default="", choices=Language.choices)
    # What the organisation keeps besides, by the name of its column.
    attributes = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.ACTIVE)
    left_at = models.DateTimeField(null=True, blank=True)
    # Mail to this address came back, with what was said of it.
    bounced_at = models.DateTimeField(null=True, blank=True)
    bounce_reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["last_name", "first_name", "email"]
        # Pages of the API stand on it, also right after thousands of people have come.
        indexes = [models.Index(fields=["organisation", "-id"], name="employee_newest")]
        constraints = [
            models.UniqueConstraint("organisation", Lower("email"), name="employee_email_once"),
            models.UniqueConstraint(
                fields=["organisation", "employee_number"],
                condition=~models.Q(employee_number=""),
                name="employee_number_once",
            ),
            models.UniqueConstraint(
                fields=["organisation", "external_id"],
                condition=~models.Q(external_id=""),
                name="employee_external_id_once",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["active", "left"]), name="employee_status"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What they are called and the last name, or the address where neither is known."""
        first = self.preferred_name or self.first_name
        return f"{first} {self.last_name}".strip() or self.email


class RosterImport(Row):
    """A file between upload and apply. Until then the roster knows nothing of it."""

    class State(models.TextChoices):
        READING = "reading", gettext_lazy("Being read")
        MAPPING = "mapping", gettext_lazy("Columns to choose")
        CHECKING = "checking", gettext_lazy("Being checked")
        READY = "ready", gettext_lazy("Ready to apply")
        FAILED = "failed", gettext_lazy("Could not be checked")
        APPLIED = "applied", gettext_lazy("Applied")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="roster_imports")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    filename = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=State.choices, default=State.MAPPING)
    # The file as text: {"headers": […], "rows": [[number, [cell, …]], …], "skipped": [[…], …]}.
    table = models.JSONField(null=True)
    headers = models.JSONField(default=list)
    # What each column is, in the file's order (accounts.staff.roster_columns.CHOICES).
    meanings = models.JSONField(default=list)
    mark_leavers = models.BooleanField(default=False)
    # A check counts only while its number is the newest.
    run = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    # How many lines there are of each Change.
    counts = models.JSONField(default=dict)
    # A sentence: why the check failed, or what an administrator should know before applying.
    message = models.TextField(blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.filename

    @property
    def file(self) -> str:
        """Where the file itself lies in the vault until it has been read."""
        return f"{self.organisation_id}/imports/{self.pk}"


class Change(models.TextChoices):
    """What a line of an import does to the roster."""

    NEW = "new", gettext_lazy("New")
    CHANGED = "changed", gettext_lazy("Changed")
    UNCHANGED = "unchanged", gettext_lazy("As they were")
    LEAVES = "leaves", gettext_lazy("Leaving")
    REFUSED = "refused", gettext_lazy("Left out")


class RosterLine(models.Model):
    """What the preview says about a row of the file, or about somebody who is not in it."""

    roster_import = models.ForeignKey(RosterImport, models.CASCADE, related_name="lines")
    # The row in the file, the header being 1; empty for a leaver.
    number = models.PositiveIntegerField(null=True, blank=True)
    change = models.CharField(max_length=9, choices=Change.choices)
    employee = models.ForeignKey(
        Employee, models.CASCADE, null=True, related_name="+", db_index=False
    )
    values = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    # [column, sentence, whether the row is left out for it], …
    problems = models.JSONField(default=list)
    # Came out otherwise than the preview had said, as the roster had changed meanwhile.
    moved = models.BooleanField(default=False)

    class Meta:
        ordering = ["number", "pk"]
        indexes = [models.Index(fields=["roster_import", "change"], name="roster_line_change")]

    def __str__(self) -> str:
        return f"row {self.number}"
