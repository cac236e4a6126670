"""Addresses of approving, delivering and publishing, inside an organisation."""

from django.urls import path

from generation.views import approving, delivery, publishing

urlpatterns = [
    path("orders/<uuid:order_id>/review", approving.review, name="order_review"),
    path("orders/<uuid:order_id>/review/many", approving.approve_many, name="order_approve_many"),
    path(
        "orders/<uuid:order_id>/review/inside",
        approving.approve_inside,
        name="order_approve_inside",
    ),
    path("shoots/<uuid:shoot_id>/approve-before", approving.approve_before, name="shoot_before"),
    path(
        "shoots/<uuid:shoot_id>/pick/<uuid:candidate_id>",
        approving.pick_for,
        name="shoot_pick_for",
    ),
    path("shoots/<uuid:shoot_id>/anew", approving.make_anew, name="shoot_anew"),
    path("orders/<uuid:order_id>/delivery", delivery.page, name="order_delivery"),
    path("orders/<uuid:order_id>/naming", delivery.save_naming, name="order_naming"),
    path("orders/<uuid:order_id>/headshots.zip", delivery.download, name="order_zip"),
    path("orders/<uuid:order_id>/links", delivery.make_link, name="download_link_make"),
    path("links/<uuid:link_id>/revoke", delivery.revoke_link, name="download_link_revoke"),
    path("directories", publishing.listing, name="directories"),
    path("directories/connect", publishing.connect, name="directory_connect"),
    path(
        "directories/<uuid:directory_id>/disconnect",
        publishing.disconnect,
        name="directory_disconnect",
    ),
    path("orders/<uuid:order_id>/publish/<uuid:directory_id>", publishing.start, name="publish"),
    path("publishing/<uuid:run_id>", publishing.run, name="publishing_run"),
    path("publishing/<uuid:run_id>/live", publishing.live, name="publishing_live"),
    path("publishing/<uuid:run_id>/resume", publishing.resume, name="publishing_resume"),
    path("publishing/<uuid:run_id>/undo", publishing.undo, name="publishing_undo"),
    path(
        "publishing/<uuid:run_id>/undo/<uuid:shoot_id>",
        publishing.undo_one,
        name="publishing_undo_one",
    ),
]
