"""How a roster is photographed: looks, orders, what they may cost, how far they are."""
