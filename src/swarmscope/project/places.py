"""Where the parts of a clone are."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TOOLS_DIR = ROOT / ".tools"
STATE_DIR = ROOT / ".stack"
PROMETHEUS_DIR = ROOT / "prometheus"
GRAFANA_DIR = ROOT / "grafana"
DEFAULT_LOCUSTFILE = ROOT / "locust" / "locustfile.py"
DEFAULT_RULES = PROMETHEUS_DIR / "rules"
DEFAULT_RESULTS = ROOT / "results"
