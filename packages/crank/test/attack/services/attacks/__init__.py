"""What scripts do that want out. Each act raises OSError where it was stopped, and returns what it gained."""
