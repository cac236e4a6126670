"""Files that show many people at once: drawn walls and packed ZIPs.

They do not lie in anybody's folder, so whoever leaves is taken out of them here.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop

from accounts.webhooks import events
from generation.models import Export, Order
from generation.storage import destroy, staff_walls_folder

SOMEBODY_LEFT = gettext_noop(
    "Somebody who was in it has left the order since, so it was destroyed. Begin it anew."
)


def forget(*, order: Order) -> None:
    """Destroy an order's walls and ZIPs and the walls of the whole staff after the commit; they are
    made anew when somebody asks. Needs a transaction."""
    exports = Export.objects.select_for_update().filter(order=order)
    for export in exports.exclude(state=Export.State.FAILED).order_by("pk"):
        if export.file:
            destroy(keys=[export.file])
        Export.objects.filter(pk=export.pk).update(
            state=Export.State.FAILED, sentence=SOMEBODY_LEFT, file="", bytes=0
        )
        events.emit(
            organisation=order.organisation, type="export.failed", resource=export, once=True
        )
    destroy(folders=[order.walls_folder, staff_walls_folder(order.organisation_id)])
