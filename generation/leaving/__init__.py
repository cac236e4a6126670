"""What is held about people, and how it is destroyed."""
