"""What members do on pages, programs do by API, and the other way round, by the services behind.

Whoever adds an act to one side adds it to the other, or says below and in docs/api.md why not.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
APPS = ("accounts", "billing", "generation")
# Services that pages alone call, by the reason which docs/api.md gives in its table.
PAGES_ALONE = {
    "an employee's own": {
        "generation.approving.alternatives.give_initials",
        "generation.approving.alternatives.give_photo",
        "generation.approving.alternatives.take_back",
        "generation.leaving.held.archive",
        "generation.inviting.signing.sign_release",
        "generation.delivering.team_pages.agree",
        "generation.delivering.team_pages.take_back",
        "generation.photos.uploads.take",
    },
    "a person's own": {
        "accounts.membership.member_invitations.accept",
        "accounts.membership.members.leave",
        "accounts.membership.members.transfer_ownership",
    },
    "the same by other means": {
        "accounts.audit_log.export",
        "accounts.membership.member_invitations.send_again",
        "accounts.staff.roster_imports.apply_import",
        "accounts.staff.roster_imports.discard_import",
        "accounts.staff.roster_imports.map_columns",
        "accounts.staff.roster_people.export",
        "accounts.staff.roster_reading.read_again",
        "accounts.staff.roster_reading.start_import",
        "generation.delivering.delivery.zip_order",
        "generation.delivering.download_links.download",
        "generation.accounting.usage_report.export",
        "generation.approving.at_once.approve_ticked",
        "generation.inviting.signing.attest_release",
        "generation.views.photo_files.take_in",
    },
    "a secret once": {"accounts.webhooks.endpoints.reveal"},
}
# Services that the API alone calls.
API_ALONE = {
    "generation.delivering.exports.begin",  # a page's ZIP streams while it is made
    "generation.inviting.signing.hand_over_release",  # on the page people sign themselves
    "generation.photos.upload_addresses.make",
    "accounts.developers.embedding.make_link",
    "accounts.developers.on_behalf.is_partner",  # how a refusal is worded
    "accounts.developers.on_behalf.is_theirs",  # whether a partner may read an address
    "accounts.staff.roster_sync.upsert",  # pages read files
}
# An act that the other side calls without naming it: chosen from a table there.
BY_CHOICE = {
    "accounts.webhooks.endpoints.disable": "accounts/api/webhook_endpoints.py",
    "accounts.webhooks.endpoints.enable": "accounts/api/webhook_endpoints.py",
    "generation.finishing.refinishing.approve": "generation/api/rerendering.py",
    "generation.finishing.refinishing.discard": "generation/api/rerendering.py",
    "generation.finishing.refinishing.try_again": "generation/api/rerendering.py",
    "generation.finishing.refinishing.undo": "generation/api/rerendering.py",
}


# What one side alone says of an act that both do.
SAID_BY_PAGES = {
    # What a page was made for; the API has Idempotency-Key and If-Match.
    "generation.approving.choosing.approve": {"picked"},
    "generation.ordering.another_look.place": {"once_key"},
    # The page that waits loads itself anew; programs look at the wall until it is there.
    "generation.finishing.wall_pictures.asked_for": {"waiting"},
}
SAID_BY_API = {
    "accounts.staff.roster_edits.add_employee": {"external_id"},  # what programs call them
    "accounts.staff.roster_edits.change_employee": {"external_id"},  # the same
    "generation.delivering.download_links.make": {"told"},  # by scopes; members read all of it
    "generation.leaving.withdrawals.withdraw": {"evidence"},  # on the page people say it themselves
    "generation.ordering.orders.add_people": {"invite"},  # who is added on a page is mailed
}


def acts(side: str) -> dict[str, set[str]]:
    """The services that the modules of one side call in somebody's name, and what they say to each;
    `**` where they take that from a table."""
    found: dict[str, set[str]] = defaultdict(set)
    for app in APPS:
        for file in sorted((ROOT / app / side).glob("*.py")):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            modules = {
                each.asname or each.name: f"{node.module}.{each.name}"
                for node in ast.walk(tree)
                if isinstance(node, ast.ImportFrom)
                for each in node.names
            }
            for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
                name = call.func
                named = any(word.arg in ("actor", None) for word in call.keywords)
                if not named:
                    continue
                service = ""
                if isinstance(name, ast.Name):
                    service = modules.get(name.id, "")
                elif isinstance(name, ast.Attribute) and isinstance(name.value, ast.Name):
                    service = f"{modules.get(name.value.id, '')}.{name.attr}"
                # Classes only hold what services are given.
                if service.startswith(APPS) and service.rpartition(".")[2].islower():
                    found[service] |= {word.arg or "**" for word in call.keywords}
    return found


def test_nothing_is_possible_on_one_side_alone() -> None:
    pages, api = set(acts("views")), set(acts("api"))
    assert len(pages & api) > 60
    alone = set().union(*PAGES_ALONE.values())
    missing = pages - api - alone - set(BY_CHOICE)
    assert not missing, "pages do this, and the API does not"
    more = api - pages - API_ALONE
    assert not more, "the API does this, and pages do not"
    assert not alone & api, "these are no exceptions any more"
    assert not (alone | API_ALONE) - (pages | api), "nobody calls these any more"


def test_nothing_is_said_on_one_side_alone() -> None:
    pages, api = acts("views"), acts("api")
    compared = [
        service
        for service in sorted(set(pages) & set(api))
        if "**" not in pages[service] | api[service]
    ]
    assert len(compared) > 50
    for service in compared:
        alone = pages[service] - api[service] - {"actor"}
        assert alone == SAID_BY_PAGES.get(service, set()), service
        alone = api[service] - pages[service] - {"actor"}
        assert alone == SAID_BY_API.get(service, set()), service


def test_what_is_chosen_from_a_table_is_there() -> None:
    for service, file in BY_CHOICE.items():
        module, _, act = service.rpartition(".")
        name = f"{module.rpartition('.')[2]}.{act}"
        assert name in (ROOT / file).read_text(encoding="utf-8"), service


def test_every_exception_has_its_reason_in_the_guide() -> None:
    guide = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    table = guide.partition("## What is on pages alone")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    assert len(rows) == 1 + len(PAGES_ALONE) + 2  # its head; testing a provider; the way back
    for reason in PAGES_ALONE:
        assert any(f"| {reason}" in row for row in rows), reason
