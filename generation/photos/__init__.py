"""What employees hand in: their selfies and their wishes."""
