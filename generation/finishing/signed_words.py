"""What the signed credentials of a file say of its look: nothing that was not meant for it. In
English wherever it is made, as other readers show it as it stands."""

from __future__ import annotations

from dataclasses import replace

from django.utils import translation

from generation.finishing import finishes
from generation.models import Finish, Order, Shoot

# In the place of the look's, where a plate of the organisation's stands behind people.
OWN_BACKDROP = "own backdrop"


def of_generated(shoot: Shoot, finish: Finish | None = None) -> str:
    """Of a picture that a model made for a shoot: the ordered clothes or those that the person
    wished, backdrop, expression and light. `finish` is the one that it was finished in."""
    direction = shoot.order.direction
    if shoot.attire:
        direction = replace(direction, attire=shoot.attire)
    if finish is not None and finish.plate_id is not None:
        direction = replace(direction, backdrop=OWN_BACKDROP)
    with translation.override("en"):
        return direction.words()


def of_given(order: Order) -> str:
    """Of a real photo or of initials, which are on the order's backdrop and follow nothing else of
    its look."""
    own = finishes.of_order(order).plate_id is not None
    return OWN_BACKDROP if own else order.direction.backdrop
