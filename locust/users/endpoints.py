"""Every request that virtual users make, by its template name."""

from __future__ import annotations

from swarmscope import Endpoint

REGISTER = Endpoint("POST", "/api/auth/register", "auth", 201)
LOGIN = Endpoint("POST", "/api/auth/login", "auth")
REFRESH = Endpoint("POST", "/api/auth/refresh", "auth")
LOGOUT = Endpoint("POST", "/api/auth/logout", "auth", 204)
PROFILE = Endpoint("GET", "/api/auth/me", "auth")

HEALTH = Endpoint("GET", "/health", "health")
HEALTH_DETAILED = Endpoint("GET", "/health/detailed", "health")
METRICS = Endpoint("GET", "/metrics", "health")

CHAT = Endpoint("POST", "/api/chat", "chat")

UPLOAD_DOCUMENT = Endpoint("POST", "/api/admin/kb/documents", "admin", 201)
LIST_DOCUMENTS = Endpoint("GET", "/api/admin/kb/documents", "admin")
READ_DOCUMENT = Endpoint("GET", "/api/admin/kb/documents/{id}", "admin")
DELETE_DOCUMENT = Endpoint("DELETE", "/api/admin/kb/documents/{id}", "admin", 204)
ADMIN_DASHBOARD = Endpoint("GET", "/api/admin/dashboard", "admin")
ADMIN_CACHE_STATS = Endpoint("GET", "/api/admin/cache/stats", "admin")
CLEAR_CACHE = Endpoint("POST", "/api/admin/cache/clear", "admin")
LIST_FLAGS = Endpoint("GET", "/api/admin/feature-flags", "admin")
SET_FLAG = Endpoint("PUT", "/api/admin/feature-flags/{id}", "admin")

# WebSocket events carry no HTTP status.
WS_CONNECT = Endpoint("WS", "/api/realtime/ws [connect]", "websocket", 0)
WS_MESSAGE = Endpoint("WS", "/api/realtime/ws [message]", "websocket", 0)

CRM_DASHBOARD = Endpoint("GET", "/api/dashboard", "dashboard")
CRM_DASHBOARD_METRICS = Endpoint("GET", "/api/dashboard/metrics", "dashboard")
CREATE_LEAD = Endpoint("POST", "/api/leads", "leads", 201)
LIST_LEADS = Endpoint("GET", "/api/leads", "leads")
FILTER_LEADS = Endpoint("GET", "/api/leads [filtered]", "leads")
READ_LEAD = Endpoint("GET", "/api/leads/{id}", "leads")
UPDATE_LEAD = Endpoint("PUT", "/api/leads/{id}", "leads")
DELETE_LEAD = Endpoint("DELETE", "/api/leads/{id}", "leads", 204)
LIST_PROJECTS = Endpoint("GET", "/api/projects", "projects")
FILTER_PROJECTS = Endpoint("GET", "/api/projects [filtered]", "projects")
READ_PROJECT = Endpoint("GET", "/api/projects/{id}", "projects")
REVENUE = Endpoint("GET", "/api/analytics/revenue", "analytics")
FUNNEL = Endpoint("GET", "/api/analytics/funnel", "analytics")
PERFORMANCE = Endpoint("GET", "/api/analytics/performance", "analytics")
CACHE_STATS = Endpoint("GET", "/api/cache/stats", "cache")
CACHE_HEALTH = Endpoint("GET", "/api/cache/health", "cache")
