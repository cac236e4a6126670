from django.urls import path

from generation.views import employee, pictures

app_name = "employee"
urlpatterns = [
    path("", employee.start, name="start"),
    path("live", employee.live, name="live"),
    path("language", employee.language, name="language"),
    path("release", employee.sign, name="sign"),
    path("photos", employee.upload, name="upload"),
    path("photos/<uuid:selfie_id>/remove", employee.remove, name="remove"),
    path("photos/<uuid:selfie_id>.jpg", pictures.own_selfie, name="selfie_picture"),
    path("hand-in", employee.hand_in, name="hand_in"),
    path("pick/<uuid:candidate_id>", employee.pick, name="pick"),
    path("again", employee.again, name="again"),
    path("opt-out", employee.opt_out, name="opt_out"),
    path("candidates/<uuid:candidate_id>.jpg", pictures.own_candidate, name="candidate_picture"),
]
