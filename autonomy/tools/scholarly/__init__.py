"""Scholarly registries: asked together, their answers made one. `index.Index` is the face."""
