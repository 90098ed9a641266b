"""The fields that we use of the custom resources, from their published definitions: anything else is our mistake.

LocustTest: charts/locust-operator/crds of locustio/k8s-operator. PrometheusRule and ServiceMonitor: the API reference
of prometheus-operator.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1}
NAME: Schema = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63}
LABELS: Schema = {"type": "object", "additionalProperties": {"type": "string", "maxLength": 63}}
DURATION: Schema = {"type": "string", "pattern": "^([0-9]+(ms|[smhdwy]))+$"}


def _object(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _list_of(items: Schema) -> Schema:
    return {"type": "array", "minItems": 1, "items": items}


def _resource(version: str, kind: str, spec: Schema) -> Schema:
    metadata = _object({"name": NAME}, {"labels": LABELS})
    return _object({"apiVersion": {"const": version}, "kind": {"const": kind}, "metadata": metadata, "spec": spec})


_QUANTITIES: Schema = _object({}, {"cpu": TEXT, "memory": TEXT})
_ROLE = _object(
    {},
    {
        "labels": LABELS,
        "annotations": LABELS,
        "resources": _object({}, {"requests": _QUANTITIES, "limits": _QUANTITIES}),
    },
)
LOCUST_TEST = _resource(
    "locust.io/v1",
    "LocustTest",
    _object(
        {"image": TEXT, "workers": {"type": "integer", "minimum": 1}},
        {
            "imagePullPolicy": {"enum": ["IfNotPresent", "Always", "Never"]},
            "args": {"type": "string"},
            "env": {"type": "array", "items": _object({"name": TEXT}, {"value": {"type": "string"}})},
            "master": _ROLE,
            "worker": _ROLE,
        },
    ),
)
SERVICE_MONITOR = _resource(
    "monitoring.coreos.com/v1",
    "ServiceMonitor",
    _object(
        {
            "selector": _object({"matchLabels": LABELS}),
            "endpoints": _list_of(
                _object(
                    {"port": TEXT},
                    {
                        "interval": DURATION,
                        "scrapeTimeout": DURATION,
                        "relabelings": _list_of(_object({"targetLabel": TEXT, "replacement": TEXT})),
                    },
                )
            ),
        }
    ),
)
_TEXTS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
_RULE: Schema = {
    "oneOf": [
        _object({"record": TEXT, "expr": TEXT}, {"labels": _TEXTS}),
        _object({"alert": TEXT, "expr": TEXT, "labels": _TEXTS, "annotations": _TEXTS}, {"for": DURATION}),
    ]
}
PROMETHEUS_RULE = _resource(
    "monitoring.coreos.com/v1",
    "PrometheusRule",
    _object({"groups": _list_of(_object({"name": TEXT, "interval": DURATION, "rules": _list_of(_RULE)}))}),
)

BY_KIND = {"LocustTest": LOCUST_TEST, "ServiceMonitor": SERVICE_MONITOR, "PrometheusRule": PROMETHEUS_RULE}
