from django.urls import path

from generation.views import closing, looks, order_new, orders, overview, pictures

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("close", closing.close, name="organisation_close"),
    path("looks", looks.looks, name="looks"),
    path("orders/new", order_new.new, name="order_new"),
    path("orders/new/people", order_new.people, name="order_people"),
    path("orders/new/invitation", order_new.preview, name="order_preview"),
    path("orders/<uuid:order_id>", orders.order, name="order"),
    path("orders/<uuid:order_id>/live", orders.live, name="order_live"),
    path("orders/<uuid:order_id>/nudge", orders.nudge, name="order_nudge"),
    path("orders/<uuid:order_id>/reminders", orders.set_reminders, name="order_reminders"),
    path("orders/<uuid:order_id>/approve", orders.approve_all, name="order_approve"),
    path("orders/<uuid:order_id>/cancel", orders.cancel, name="order_cancel"),
    path("orders/<uuid:order_id>/wall", orders.wall, name="order_wall"),
    path("orders/<uuid:order_id>/headshots.zip", orders.download, name="order_zip"),
    path("shoots/<uuid:shoot_id>", orders.shoot, name="shoot"),
    path("shoots/<uuid:shoot_id>/approve", orders.approve, name="shoot_approve"),
    path("shoots/<uuid:shoot_id>/send-back", orders.send_back, name="shoot_send_back"),
    path("shoots/<uuid:shoot_id>/cancel", orders.cancel_shoot, name="shoot_cancel"),
    path("shoots/<uuid:shoot_id>/invite", orders.invite_again, name="shoot_invite"),
    path("candidates/<uuid:candidate_id>.jpg", pictures.candidate, name="candidate_picture"),
]
