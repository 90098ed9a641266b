"""How a run is judged: read evidence from Prometheus, decide by a pure function, write the result for its readers."""
