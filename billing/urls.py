from django.urls import path

from billing.views import credits

urlpatterns = [path("credits", credits.credits, name="credits")]
