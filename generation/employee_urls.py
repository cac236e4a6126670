from django.urls import path

from generation.views import (
    delivery,
    employee,
    employee_leaving,
    employee_uploads,
    pictures,
    team_pages,
)
from generation.views.embedded import framed
from generation.views.fresh_links import offering

app_name = "employee"
urlpatterns = [
    path("", employee.start, name="start"),
    path("live", employee.live, name="live"),
    path("language", employee.language, name="language"),
    path("release", employee.sign, name="sign"),
    path("photos", employee.upload, name="upload"),
    path("uploads", employee_uploads.begin, name="upload_begin"),
    path("uploads/<uuid:upload_id>", employee_uploads.piece, name="upload_piece"),
    path("photos/<uuid:selfie_id>/remove", employee.remove, name="remove"),
    path("photos/<uuid:selfie_id>.jpg", pictures.own_selfie, name="selfie_picture"),
    path("wishes", employee.wish, name="wish"),
    path("hand-in", employee.hand_in, name="hand_in"),
    path("pick/<uuid:candidate_id>", employee.pick, name="pick"),
    path("again", employee.again, name="again"),
    path("candidates/<uuid:candidate_id>.jpg", pictures.own_candidate, name="candidate_picture"),
    path("files/<uuid:rendition_id>", delivery.own_file, name="file"),
    path("plate/<uuid:rendition_id>", pictures.own_plate_picture, name="plate_picture"),
    path("headshot.zip", delivery.own_zip, name="files_zip"),
    path("data", employee_leaving.data, name="data"),
    path("data.zip", employee_leaving.take_along, name="take_along"),
    path("opt-out", employee_leaving.opt_out, name="opt_out"),
    path("instead", employee_leaving.instead, name="instead"),
    path("instead/<slug:kind>", delivery.instead_file, name="instead_file"),
    path("instead.jpg", employee_leaving.instead_picture, name="instead_picture"),
    path("team-page", team_pages.consent, name="team_page"),
    path("withdraw", employee_leaving.withdraw, name="withdraw"),
    path("certificate", employee_leaving.certificate, name="certificate"),
]
for route in urlpatterns:
    route.callback = framed(offering(route.callback))
