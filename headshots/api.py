"""Every address of the API, version 1."""

from __future__ import annotations

import json
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, re_path
from django.views.decorators.http import require_safe

from accounts.api import (
    audit,
    clocks,
    departments,
    employees,
    keys,
    members,
    organisation,
    partners,
    single_sign_on,
    upserts,
    webhook_deliveries,
    webhook_endpoints,
)
from billing.api import buying, credits, invoices
from generation.api import (
    alternatives,
    approving,
    budgets,
    closing,
    consistency,
    costs,
    department_looks,
    directories,
    download_links,
    embedding,
    exports,
    finishes,
    finishes_behind,
    following,
    invitations,
    join_links,
    leaving,
    looks,
    orders,
    pictures,
    plates,
    publishing,
    releases,
    rerendering,
    reviewing,
    selfies,
    shoots,
    staff_wall,
    team_pages,
    usage,
    walls,
    wishes,
)
from headshots.lib.api.views import ApiView, Nowhere

app_name = "api"


@cache
def document() -> bytes:
    """The OpenAPI 3.1 description of everything here, as JSON."""
    from drf_spectacular.generators import SchemaGenerator
    from drf_spectacular.renderers import OpenApiJsonRenderer

    schema = SchemaGenerator(patterns=[path("api/v1/", (urlpatterns, app_name, "api"))])  # type: ignore[no-untyped-call]
    found = schema.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    told = json.loads(OpenApiJsonRenderer().render(found))
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The same for whoever asks."""
    return HttpResponse(document(), content_type="application/vnd.oai.openapi+json")


def _resource(route: str, view: type[ApiView], name: str) -> URLPattern:
    return path(route, view.as_view(), name=name)


urlpatterns: list[URLPattern | URLResolver] = [
    path("openapi.json", openapi, name="openapi"),
    _resource("organisation", organisation.OrganisationView, "organisation"),
    _resource("organisation/logo", organisation.OrganisationLogoView, "organisation_logo"),
    _resource("organisation/clocks", clocks.ClocksView, "clocks"),
    _resource("organisation/closing", closing.ClosingView, "closing"),
    _resource("embed-origins", organisation.EmbedOriginsView, "embed_origins"),
    _resource("domains", single_sign_on.DomainsView, "domains"),
    _resource("domains/<uuid:domain_id>", single_sign_on.DomainView, "domain"),
    _resource("domains/<uuid:domain_id>/check", single_sign_on.DomainCheckView, "domain_check"),
    _resource("single-sign-on", single_sign_on.SingleSignOnView, "single_sign_on"),
    _resource("members", members.MembersView, "members"),
    _resource("members/<uuid:member_id>", members.MemberView, "member"),
    _resource("member-invitations", members.MemberInvitationsView, "member_invitations"),
    _resource(
        "member-invitations/<uuid:invitation_id>", members.MemberInvitationView, "member_invitation"
    ),
    _resource("departments", departments.DepartmentsView, "departments"),
    _resource("employees", employees.EmployeesView, "employees"),
    _resource("employees/upsert", upserts.UpsertView, "employees_upsert"),
    _resource("employees/<uuid:employee_id>", employees.EmployeeView, "employee"),
    _resource(
        "employees/<uuid:employee_id>/mail-again",
        employees.EmployeeMailAgainView,
        "employee_mail_again",
    ),
    _resource("looks", looks.LooksView, "looks"),
    _resource("looks/<uuid:look_id>", looks.LookView, "look"),
    _resource("looks/<uuid:look_id>/finish", finishes.FinishView, "finish"),
    _resource(
        "looks/<uuid:look_id>/finish/behind", finishes_behind.OrdersBehindView, "orders_behind"
    ),
    _resource("looks/<uuid:look_id>/finish/logo", finishes.FinishLogoView, "finish_logo"),
    _resource("plates", plates.PlatesView, "plates"),
    _resource("plates/pictures", plates.PlatePicturesView, "plate_pictures"),
    _resource("plates/<uuid:plate_id>", plates.PlateView, "plate"),
    _resource("plates/<uuid:plate_id>/picture", plates.PlatePictureView, "plate_picture"),
    _resource("orders", orders.OrdersView, "orders"),
    _resource("department-looks", department_looks.DepartmentLooksView, "department_looks"),
    _resource(
        "orders/by-department", department_looks.OrdersByDepartmentView, "orders_by_department"
    ),
    _resource("orders/<uuid:order_id>", orders.OrderView, "order"),
    _resource("orders/<uuid:order_id>/cancel", orders.OrderCancelView, "order_cancel"),
    _resource("orders/<uuid:order_id>/approve", orders.OrderApproveView, "order_approve"),
    _resource("orders/<uuid:order_id>/review", reviewing.ReviewView, "review"),
    _resource("orders/<uuid:order_id>/costs", costs.OrderCostsView, "order_costs"),
    _resource("shoots/<uuid:shoot_id>/costs", costs.ShootCostsView, "shoot_costs"),
    _resource("invitation-preview", invitations.InvitationPreviewView, "invitation_preview"),
    _resource("orders/<uuid:order_id>/people", following.OrderPeopleView, "order_people"),
    _resource("orders/<uuid:order_id>/remind", following.OrderRemindView, "order_remind"),
    _resource(
        "orders/<uuid:order_id>/another-look",
        following.OrderAnotherLookView,
        "order_another_look",
    ),
    _resource(
        "orders/<uuid:order_id>/join-links", join_links.OrderJoinLinksView, "order_join_links"
    ),
    _resource("join-links", join_links.JoinLinksView, "join_links"),
    _resource("join-links/<uuid:join_link_id>", join_links.JoinLinkView, "join_link"),
    _resource(
        "orders/<uuid:order_id>/download-links", download_links.DownloadLinksView, "download_links"
    ),
    _resource(
        "download-links/<uuid:download_link_id>", download_links.DownloadLinkView, "download_link"
    ),
    _resource("orders/<uuid:order_id>/team-page", team_pages.TeamPageView, "team_page"),
    _resource("wall", staff_wall.StaffWallView, "staff_wall"),
    _resource("wall/file", staff_wall.StaffWallFileView, "staff_wall_file"),
    _resource("wall/missing", staff_wall.StaffMissingView, "staff_missing"),
    _resource("consistency", staff_wall.StaffConsistencyView, "staff_consistency"),
    _resource("standings", staff_wall.StaffStandingsView, "staff_standings"),
    _resource("team-page", team_pages.StaffTeamPageView, "staff_team_page"),
    _resource("orders/<uuid:order_id>/wall", walls.WallView, "wall"),
    _resource("orders/<uuid:order_id>/consistency", consistency.ConsistencyView, "consistency"),
    _resource("orders/<uuid:order_id>/standings", consistency.StandingsView, "standings"),
    _resource("orders/<uuid:order_id>/wall/file", walls.WallFileView, "wall_file"),
    _resource("orders/<uuid:order_id>/alternatives", alternatives.AlternativesView, "alternatives"),
    _resource(
        "alternatives/<uuid:alternative_id>/picture",
        alternatives.AlternativePictureView,
        "alternative_picture",
    ),
    _resource("orders/<uuid:order_id>/harmonise", rerendering.OrderHarmoniseView, "harmonise"),
    _resource("orders/<uuid:order_id>/refinishes", rerendering.RefinishesView, "refinishes"),
    _resource("refinishes/<uuid:refinish_id>", rerendering.RefinishView, "refinish"),
    _resource(
        "refinishes/<uuid:refinish_id>/headshots",
        rerendering.RefinishHeadshotsView,
        "refinish_headshots",
    ),
    _resource(
        "refinishes/<uuid:refinish_id>/headshots/<uuid:headshot_id>/<str:side>",
        rerendering.RefinishPictureView,
        "refinish_picture",
    ),
    _resource(
        "refinishes/<uuid:refinish_id>/decide", rerendering.RefinishDecideView, "refinish_decide"
    ),
    _resource("directories", directories.DirectoriesView, "directories"),
    _resource("directories/<uuid:directory_id>", directories.DirectoryView, "directory"),
    _resource("orders/<uuid:order_id>/publishing-runs", publishing.RunsView, "publishing_runs"),
    _resource("publishing-runs/<uuid:publishing_run_id>", publishing.RunView, "publishing_run"),
    _resource(
        "publishing-runs/<uuid:publishing_run_id>/people",
        publishing.RunPeopleView,
        "publishing_run_people",
    ),
    _resource(
        "publishing-runs/<uuid:publishing_run_id>/undo",
        publishing.RunUndoView,
        "publishing_run_undo",
    ),
    _resource(
        "publishing-runs/<uuid:publishing_run_id>/resume",
        publishing.RunResumeView,
        "publishing_run_resume",
    ),
    _resource("shoots", shoots.ShootsView, "shoots"),
    _resource("shoots/<uuid:shoot_id>", shoots.ShootView, "shoot"),
    _resource("shoots/<uuid:shoot_id>/cancel", shoots.ShootCancelView, "shoot_cancel"),
    _resource("shoots/<uuid:shoot_id>/approve", shoots.ShootApproveView, "shoot_approve"),
    _resource("shoots/<uuid:shoot_id>/send-back", shoots.ShootSendBackView, "shoot_send_back"),
    _resource("shoots/<uuid:shoot_id>/invite", shoots.ShootInviteView, "shoot_invite"),
    _resource(
        "shoots/<uuid:shoot_id>/revoke-link", shoots.ShootRevokeLinkView, "shoot_revoke_link"
    ),
    _resource("shoots/<uuid:shoot_id>/hand-in", shoots.ShootHandInView, "shoot_hand_in"),
    _resource(
        "shoots/<uuid:shoot_id>/approve-before",
        approving.ShootApproveBeforeView,
        "shoot_approve_before",
    ),
    _resource("shoots/<uuid:shoot_id>/pick-for", approving.ShootPickForView, "shoot_pick_for"),
    _resource("shoots/<uuid:shoot_id>/redo", approving.ShootRedoView, "shoot_redo"),
    _resource("shoots/<uuid:shoot_id>/more-pictures", approving.ShootMoreView, "shoot_more"),
    _resource("shoots/<uuid:shoot_id>/ask-again", wishes.ShootAskAgainView, "shoot_ask_again"),
    _resource("shoots/<uuid:shoot_id>/wishes", wishes.WishesView, "wishes"),
    _resource("shoots/<uuid:shoot_id>/opt-out", leaving.ShootOptOutView, "shoot_opt_out"),
    _resource("shoots/<uuid:shoot_id>/withdraw", leaving.ShootWithdrawView, "shoot_withdraw"),
    _resource("webhook-endpoints", webhook_endpoints.EndpointsView, "webhook_endpoints"),
    _resource(
        "webhook-endpoints/<uuid:endpoint_id>", webhook_endpoints.EndpointView, "webhook_endpoint"
    ),
    _resource(
        "webhook-endpoints/<uuid:endpoint_id>/rotate",
        webhook_endpoints.EndpointRotateView,
        "webhook_endpoint_rotate",
    ),
    _resource(
        "webhook-endpoints/<uuid:endpoint_id>/test",
        webhook_endpoints.EndpointTestView,
        "webhook_endpoint_test",
    ),
    _resource(
        "webhook-endpoints/<uuid:endpoint_id>/replay",
        webhook_endpoints.EndpointReplayView,
        "webhook_endpoint_replay",
    ),
    _resource("webhook-deliveries", webhook_deliveries.DeliveriesView, "webhook_deliveries"),
    _resource(
        "webhook-deliveries/<uuid:delivery_id>", webhook_deliveries.DeliveryView, "webhook_delivery"
    ),
    _resource(
        "webhook-deliveries/<uuid:delivery_id>/replay",
        webhook_deliveries.DeliveryReplayView,
        "webhook_delivery_replay",
    ),
    _resource("shoots/<uuid:shoot_id>/embed-links", embedding.EmbedLinksView, "embed_links"),
    _resource("shoots/<uuid:shoot_id>/pick", pictures.ShootPickView, "shoot_pick"),
    _resource("shoots/<uuid:shoot_id>/release-text", releases.ReleaseTextView, "release_text"),
    _resource("shoots/<uuid:shoot_id>/release", releases.ShootReleaseView, "shoot_release"),
    _resource("shoots/<uuid:shoot_id>/selfies", selfies.SelfiesView, "selfies"),
    _resource(
        "shoots/<uuid:shoot_id>/upload-addresses", selfies.UploadAddressesView, "upload_addresses"
    ),
    _resource("shoots/<uuid:shoot_id>/candidates", pictures.CandidatesView, "candidates"),
    _resource("selfies/<uuid:selfie_id>", selfies.SelfieView, "selfie"),
    _resource("uploads/<str:token>", selfies.UploadView, "upload"),
    _resource(
        "candidates/<uuid:candidate_id>/picture", pictures.CandidatePictureView, "candidate_picture"
    ),
    _resource("headshots", pictures.HeadshotsView, "headshots"),
    _resource("headshots/<uuid:headshot_id>", pictures.HeadshotView, "headshot"),
    _resource(
        "headshots/<uuid:headshot_id>/render", pictures.HeadshotRenderView, "headshot_render"
    ),
    _resource(
        "headshots/<uuid:headshot_id>/renditions/<str:kind>", pictures.RenditionView, "rendition"
    ),
    _resource("releases", releases.ReleasesView, "releases"),
    _resource("releases/<uuid:release_id>", releases.ReleaseView, "release"),
    _resource("exports", exports.ExportsView, "exports"),
    _resource("exports/<uuid:export_id>", exports.ExportView, "export"),
    _resource("exports/<uuid:export_id>/file", exports.ExportFileView, "export_file"),
    _resource("credits", credits.CreditsView, "credits"),
    _resource("credits/budgets", budgets.BudgetsView, "budgets"),
    _resource("credits/budgets/<uuid:budget_id>", budgets.BudgetView, "budget"),
    _resource("credits/usage", usage.UsageView, "usage"),
    _resource("credits/entries", credits.EntriesView, "credit_entries"),
    _resource("credits/costs", costs.CreditCostsView, "credit_costs"),
    _resource("credits/prices", buying.PricesView, "prices"),
    _resource("credits/plan", buying.PlanView, "plan"),
    _resource("credits/portal", buying.PortalView, "portal"),
    _resource("credits/top-up", buying.TopUpView, "top_up"),
    _resource("credits/top-up/card", buying.TopUpCardView, "top_up_card"),
    _resource("invoices", invoices.InvoicesView, "invoices"),
    _resource("invoices/<uuid:invoice_id>", invoices.InvoiceView, "invoice"),
    _resource(
        "invoices/<uuid:invoice_id>/checkout", invoices.InvoiceCheckoutView, "invoice_checkout"
    ),
    _resource("invoices/<uuid:invoice_id>/send", invoices.InvoiceSendView, "invoice_send"),
    _resource("audit-entries", audit.AuditEntriesView, "audit_entries"),
    _resource("audit-entries/<uuid:entry_id>", audit.AuditEntryView, "audit_entry"),
    _resource("keys", keys.KeysView, "keys"),
    _resource("keys/<uuid:key_id>", keys.KeyView, "key"),
    _resource("keys/<uuid:key_id>/rotate", keys.KeyRotateView, "key_rotate"),
    _resource("customers", partners.CustomersView, "customers"),
    _resource("partner-grants", partners.GrantsView, "partner_grants"),
    _resource("partner-grants/<uuid:grant_id>", partners.GrantView, "partner_grant"),
    re_path(r"", Nowhere.as_view()),
]
