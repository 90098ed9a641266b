"""How a run is carried out: preflight, load, live progress, graceful stop, barrier."""
