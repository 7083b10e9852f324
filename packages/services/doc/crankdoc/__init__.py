"""CrankDoc's parts. `main.py` beside this folder has the operations."""
