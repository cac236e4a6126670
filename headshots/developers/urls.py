from django.urls import path

from headshots.developers import views

urlpatterns = [
    path("", views.index, name="developers"),
    path("events", views.events, name="developer_events"),
    path("problems", views.problems, name="developer_problems"),
    path("sync_directory.py", views.example, name="developer_example"),
    path("<str:name>.whl", views.client, name="developer_client"),
    path("guides/<slug:name>", views.guide, name="developer_guide"),
    path("reference/<slug:name>", views.chapter, name="developer_reference"),
]
