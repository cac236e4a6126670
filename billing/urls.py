from django.urls import path

from billing import views

urlpatterns = [path("credits", views.credits, name="credits")]
