"""Every error that an operation can answer with is shown by example, as the source has it.

What the source could raise in an operation, and the description shows in none of its examples,
stands in NEVER with the reason why nobody ever gets it as an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern

from accounts.api.base import TenantView
from headshots.api import urlpatterns
from headshots.developers import problems
from headshots.lib.api.views import ApiView
from tests.api.refusing import reachable
from tests.api.test_examples import METHODS, described

SHAPE = "the shape of the body refuses it first"
ROW = "told of the row, which is left out, in an answer of 200"
USERS = "asks users alone, and a key's actor is none"
OURS = "the values are the product's own, and whole"
FOUND = "what is named was found among the organisation's own"
PAGES = "asked of forms alone, which may be sent twice"
LOCKED = "the shoot is locked, and its state has been asked before"
CAUGHT = "caught there, and the others go on"
LATER = "done after the commit, where what fails is logged"

# By what leads there (an operation or a part of the source) and the code, or * for all of them.
NEVER = {
    "accounts.developers.api_keys._describe name_missing": SHAPE,
    "accounts.developers.api_keys._refuse_more not_admin": USERS,
    "accounts.developers.overlap.check overlap": SHAPE,
    "accounts.developers.embedding._origin origin": "told as a return_url",
    "accounts.developers.partners._settle *": "what the partner brought in, and is there still",
    "accounts.developers.partners.grant scope": SHAPE,
    "accounts.developers.scopes.check *": SHAPE,
    "accounts.mail.letters.logo_of *": "mail without the logo is better than none",
    "accounts.membership.member_invitations.invite_member email": SHAPE,
    "accounts.membership.members.still_owner *": USERS,
    "accounts.sso.providers.save kind": SHAPE,
    "accounts.staff.roster_edits.read_person email": SHAPE,
    "accounts.staff.roster_edits.read_person language": SHAPE,
    "accounts.staff.roster_edits.read_person too_long": SHAPE,
    "accounts.staff.roster_sync._check_id *": ROW,
    "accounts.staff.roster_sync._wanted *": ROW,
    "accounts.staff.roster_sync.upsert rows": SHAPE,
    "accounts.webhooks.endpoints._known *": SHAPE,
    "billing.budgets.set_budget credits": SHAPE,
    "billing.budgets.set_budget department": SHAPE,
    "billing.budgets.set_budget period": SHAPE,
    "billing.ledger._check_amount *": OURS,
    "billing.ledger.capture not_held": "held when the photos were handed in, and until now",
    "billing.ledger.claw_back *": OURS,
    "billing.ledger.grant *": OURS,
    "billing.payments.invoices.begin like_one": PAGES,
    "billing.payments.invoices.begin po_number": SHAPE,
    "billing.payments.top_ups.change amount": SHAPE,
    "billing.terms.warn_below *": SHAPE,
    "generation.approving.approvals.make_anew reason_missing": SHAPE,
    "generation.approving.at_once._approve not_picked": CAUGHT,
    "generation.approving.at_once._approve stale": CAUGHT,
    "generation.approving.choosing.approve stale": "asked by the page alone, of what it showed",
    "generation.approving.choosing.ask_again reason_unknown": OURS,
    "generation.approving.choosing.send_back reason_missing": SHAPE,
    "generation.delivering.delivery.pack *": "all the files, named as the order keeps it",
    "generation.delivering.download_links.make days": SHAPE,
    "generation.delivering.team_pages.publish too_many_sites": SHAPE,
    "generation.finishing.finishes.save_finish closer": SHAPE,
    "generation.finishing.finishes.save_finish eye_line": SHAPE,
    "generation.finishing.finishes.save_finish logo_corner": SHAPE,
    "generation.finishing.finishes.save_plate fall_off": SHAPE,
    "generation.finishing.finishes.save_plate kind": SHAPE,
    "generation.finishing.finishes.save_plate name_missing": SHAPE,
    "generation.finishing.harmonising._made_again *": CAUGHT,
    "generation.finishing.wall_pictures.asked_for not_drawn": "asked by the page alone, that waits",
    "generation.inviting.join_links.make_link cap": SHAPE,
    "generation.inviting.join_links.make_link foreign": FOUND,
    "generation.inviting.reminders.set_interval *": SHAPE,
    "generation.ordering.another_look.place nobody": SHAPE,
    "generation.ordering.department_looks.assign *": FOUND,
    "generation.ordering.department_looks.place_orders nobody": SHAPE,
    "generation.ordering.looks.save_look look_choice": SHAPE,
    "generation.ordering.looks.save_look name_missing": SHAPE,
    "generation.ordering.orders.add_people foreign": FOUND,
    "generation.ordering.orders.add_people nobody": SHAPE,
    "generation.ordering.orders.place_order foreign": FOUND,
    "generation.ordering.orders.place_order nobody": SHAPE,
    "generation.ordering.orders.place_order remind": SHAPE,
    "generation.ordering.orders.place_order why": SHAPE,
    "generation.photos.wishes.save keep_unknown": SHAPE,
    "generation.ordering.placed_once.refuse_again *": PAGES,
    "generation.ordering.placed_once.refuse_doubles *": PAGES,
    "generation.publishing.directories.connect closer": SHAPE,
    "generation.publishing.directories.connect kind": SHAPE,
    "generation.publishing.runs.start aim": SHAPE,
    "generation.states.move stale": LOCKED,
    "generation.storage._after_commit *": LATER,
    "headshots.lib.sealed.unseal factor_not_read": "the cipher’s own method of that name",
    "headshots.lib.vault.Vault.confirm file_gone": "looks at the mark, not at a file",
    "headshots.lib.vault.Vault.delete file_gone": "what is not there need not be removed",
    "headshots.lib.vault.Vault.put file_gone": "puts a file, and reads none",
    # One operation.
    "domains_check sandbox": "a sandbox has no domains",
    "domains_delete sandbox": "a sandbox has no domains",
    "finishes_delete_logo colour": OURS,
    "finishes_delete_logo logo": "takes one off, and none is given",
    "finishes_delete_logo renditions": OURS,
    "finishes_delete_logo storage_unavailable": "takes one off, and none is given",
    "finishes_put_logo colour": OURS,
    "finishes_put_logo renditions": OURS,
    "finishes_render_anew refinish_open": CAUGHT,
    "finishes_render_anew same": CAUGHT,
    "finishes_update logo": "none is given here",
    "finishes_update storage_unavailable": "no logo is given here",
    "invoices_checkout sandbox": "a sandbox has no purchases",
    "invoices_send sandbox": "a sandbox has no purchases",
    "orders_another_look due": "due when the order is, or a day from now",
    "orders_another_look transition": "of shoots that were made just now",
    "orders_approve transition": LOCKED,
    "orders_cancel transition": "those that have ended are passed over",
    "orders_harmonise same": "the finish was made just now, and nobody is in it",
    "organisation_delete_logo logo": "takes one off, and none is given",
    "organisation_delete_logo storage_unavailable": "takes one off, and none is given",
    "plates_create decoder_unavailable": "painted, and no picture is given",
    "plates_create photo": "painted, and no picture is given",
    "plates_create picture": "painted, and no picture is given",
    "plates_create storage_unavailable": "painted, and no picture is given",
    "plates_upload colour": "has the colours that are measured in it",
    "plates_upload photo": "told as a picture",
    "review_approve transition": LOCKED,
    "selfies_delete release_missing": "whoever gave photos has signed",
    "shoots_approve transition": LOCKED,
    "shoots_create link_closed": "of a shoot that was made just now",
    "shoots_pick_for transition": "refused as not theirs to pick",
    "shoots_redo transition": LOCKED,
    "shoots_withdraw file_gone": "writes down who left, and reads no file",
    "shoots_withdraw transition": LOCKED,
    "top_up_keep_card sandbox": "no card is stored in a checkout of a sandbox",
    "webhook_deliveries_replay endpoint_of_another": "deliveries there are no partner's to read",
    "uploads_put release_missing": "an address is made for whoever has signed",
}
# Every operation, by what all of them go through.
DOOR = (
    "headshots.lib.api.views.ApiView.dispatch",
    "accounts.api.base.TenantView.enter",
    "headshots.lib.api.views.Nowhere.dispatch",
    "headshots.api_problems.ApiProblemMiddleware.__call__",
)
# What a view can do of its own before and after its method.
HOOKS = {"enter", "after_refusal", "whose", "store", "headers_of_answer", "rows_found"}


def methods() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each operation, and what of its view does it: the method, and hooks of the view's own."""
    for entry in urlpatterns:
        view = getattr(getattr(entry, "callback", None), "view_class", None)
        if not isinstance(entry, URLPattern) or not entry.name or view is None:
            continue
        for name in METHODS:
            found = getattr(getattr(view, name, None), "operation", None)
            if found is not None:
                own = view.__mro__[: view.__mro__.index(ApiView)]
                parts = [
                    f"{each.__module__}.{each.__qualname__}.{part}"
                    for each in own
                    if each is not TenantView
                    for part in vars(each)
                    if part == name or part in HOOKS
                ]
                yield found.id, tuple(part for part in parts if reachable.is_ours(part))


def examples() -> dict[str, dict[str, set[str]]]:
    """By operation: the names of its examples of errors, by code."""
    whole = described()
    shown = whole["components"]["examples"]
    found: dict[str, dict[str, set[str]]] = {}
    for item in whole["paths"].values():
        for said in (item[method] for method in METHODS if method in item):
            here = found.setdefault(said["operationId"], {})
            for answer in said["responses"].values():
                content = answer.get("content", {}).get("application/problem+json", {})
                for name in content.get("examples", {}):
                    here.setdefault(shown[name]["value"]["code"], set()).add(name)
    return found


def raised_in(operation: str, begin: tuple[str, ...], used: set[str]) -> set[str]:
    """The codes that the source can raise there; notes which lines of NEVER were needed."""
    found = set()
    for code in reachable.codes(begin):
        of_code = {line.split()[0]: line for line in NEVER if line.split()[1] in ("*", code)}
        if operation in of_code:
            used.add(of_code[operation])
            continue
        here = reachable.codes(begin, frozenset(of_code))
        if code in here:
            found.add(code)
        used |= {
            line
            for part, line in of_code.items()
            if part in reachable.reached(begin) and code in reachable.codes((part,))
        }
    return found


def test_each_error_that_an_operation_can_raise_is_shown() -> None:
    shown, missing, used = examples(), [], set[str]()
    for operation, begin in methods():
        for code in sorted(raised_in(operation, begin, used) - set(shown[operation])):
            missing.append((operation, code))
    assert not missing
    assert not set(NEVER) - used, "these reasons are for what the source does not raise any more"


def test_no_operation_shows_an_error_that_it_cannot_raise() -> None:
    shown, lies = examples(), []
    for operation, begin in methods():
        own: Any = None
        for code in sorted(set(shown[operation]) - at_the_door()):
            own = own or raised_in(operation, begin, set())
            if code not in own:
                lies.append((operation, code))
    assert not lies


def at_the_door() -> set[str]:
    return reachable.codes(DOOR)


def test_each_error_that_every_operation_can_answer_with_is_shown() -> None:
    told = {each["value"]["code"] for each in described()["components"]["examples"].values()}
    assert not at_the_door() - told


@pytest.mark.django_db
def test_the_address_that_names_each_kind_of_problem_leads_to_it(client: Client) -> None:
    """`type` of every example."""
    for each in described()["components"]["examples"].values():
        assert each["value"]["code"] in problems.kinds()
        place = each["value"]["type"].partition("/api/")[2]
        answer = client.get(f"/api/{place}")
        assert answer.status_code == 200, place
