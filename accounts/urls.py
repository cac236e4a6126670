from django.urls import path

from accounts.views import members, roster

urlpatterns = [
    path("roster", roster.roster, name="roster"),
    path("roster/upload", roster.upload, name="roster_upload"),
    path("members", members.members, name="members"),
    path("audit", members.audit_log, name="audit_log"),
]
