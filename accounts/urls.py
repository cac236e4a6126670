from django.urls import path

from accounts.views import audit, members, organisation, roster, roster_imports

urlpatterns = [
    path("roster", roster.roster, name="roster"),
    path("roster/act", roster.act, name="roster_act"),
    path("roster/add", roster.add, name="employee_add"),
    path("roster/people/<uuid:employee_id>", roster.employee, name="employee"),
    path("roster/upload", roster_imports.upload, name="roster_upload"),
    path("roster/files/<uuid:import_id>", roster_imports.roster_import, name="roster_import"),
    path("roster/files/<uuid:import_id>/live", roster_imports.live, name="roster_import_live"),
    path("roster/files/<uuid:import_id>/apply", roster_imports.apply, name="roster_import_apply"),
    path(
        "roster/files/<uuid:import_id>/discard",
        roster_imports.discard,
        name="roster_import_discard",
    ),
    path("members", members.members, name="members"),
    path("members/invite", members.invite, name="member_invite"),
    path(
        "members/invitations/<uuid:invitation_id>/send",
        members.send_again,
        name="member_invitation_send",
    ),
    path(
        "members/invitations/<uuid:invitation_id>/revoke",
        members.revoke,
        name="member_invitation_revoke",
    ),
    path("members/<uuid:member_id>/role", members.change_role, name="member_role"),
    path("members/<uuid:member_id>/remove", members.remove, name="member_remove"),
    path("members/leave", members.leave, name="member_leave"),
    path("settings", organisation.settings, name="organisation_settings"),
    path("settings/name", organisation.rename, name="organisation_rename"),
    path(
        "settings/second-factor",
        organisation.require_second_factor,
        name="organisation_second_factor",
    ),
    path("settings/transfer", organisation.transfer, name="organisation_transfer"),
    path("second-factor", organisation.second_factor, name="second_factor"),
    path("audit", audit.log, name="audit_log"),
    path("audit/export", audit.export, name="audit_export"),
]
