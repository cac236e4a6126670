"""Links and mail: how people are asked, reminded and told."""
