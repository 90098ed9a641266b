"""The CRM's SQL: leads, projects, and what is aggregated from them. Functions that end in _body return JSON bytes."""
