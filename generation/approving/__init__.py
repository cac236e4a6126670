"""From candidates to a headshot: the short list, the pick, the yes and the no."""
