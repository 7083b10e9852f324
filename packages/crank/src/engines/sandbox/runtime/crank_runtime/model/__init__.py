"""ONNX models as services: what `runtime: model` runs inside a sandbox (ADR 0025)."""
