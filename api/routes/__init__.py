"""The API's routes, the busiest first: they are matched in order."""

from api.routes import admin, analytics, auth, caches, chat, dashboard, documents, health, leads, projects, realtime

ROUTERS = (
    chat.router,
    dashboard.router,
    leads.router,
    projects.router,
    health.router,
    auth.router,
    analytics.router,
    caches.router,
    documents.router,
    admin.router,
    realtime.router,
)
