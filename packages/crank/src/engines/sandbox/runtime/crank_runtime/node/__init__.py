"""Modules in TypeScript or JavaScript as services: Node beside the call's own process."""
