"""Programs of the system as a service: argument vectors from templates, no shell in between."""
