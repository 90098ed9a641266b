-- The whole schema, idempotent: run at every start, inside one transaction that holds an advisory lock.

CREATE TABLE IF NOT EXISTS users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    full_name text NOT NULL DEFAULT '',
    role text NOT NULL DEFAULT 'regular' CHECK (role IN ('regular', 'power', 'admin')),
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Knowledge base. A question is matched against passages (every term) and against summaries (any term): ranking by any
-- term over every passage would grow with each large upload, ranking over summaries grows with the number of documents.
CREATE TABLE IF NOT EXISTS documents (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seed_key text UNIQUE,
    title text NOT NULL,
    content text NOT NULL,
    tags text[] NOT NULL DEFAULT '{}',
    size_bytes integer NOT NULL,
    chunks integer NOT NULL,
    created_by bigint REFERENCES users (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    summary_search tsvector NOT NULL
);
CREATE INDEX IF NOT EXISTS documents_summary_search ON documents USING gin (summary_search);

CREATE TABLE IF NOT EXISTS document_chunks (
    document_id bigint NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    ordinal integer NOT NULL,
    content text NOT NULL,
    search tsvector NOT NULL,
    PRIMARY KEY (document_id, ordinal)
);
-- A short pending list keeps searches fast while large documents arrive.
CREATE INDEX IF NOT EXISTS document_chunks_search ON document_chunks USING gin (search)
    WITH (gin_pending_list_limit = 256);

CREATE TABLE IF NOT EXISTS customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seed_key text UNIQUE,
    name text NOT NULL,
    industry text NOT NULL,
    country text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS leads (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seed_key text UNIQUE,
    name text NOT NULL,
    email text NOT NULL,
    company text NOT NULL,
    status text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'contacted', 'qualified', 'won', 'lost')),
    source text NOT NULL DEFAULT 'web',
    value numeric(14, 2) NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    search tsvector GENERATED ALWAYS AS (to_tsvector('simple', name || ' ' || email || ' ' || company)) STORED
);
-- One index for each order a list can have, one for a rare status, one for the search box. None for the source: with a
-- handful of sources the planner prefers to filter the newest leads.
CREATE INDEX IF NOT EXISTS leads_newest ON leads (created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS leads_status_newest ON leads (status, created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS leads_value ON leads (value, id);
CREATE INDEX IF NOT EXISTS leads_name ON leads (name, id);
CREATE INDEX IF NOT EXISTS leads_search ON leads USING gin (search) WITH (gin_pending_list_limit = 256);

CREATE TABLE IF NOT EXISTS projects (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seed_key text UNIQUE,
    customer_id bigint NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    name text NOT NULL,
    status text NOT NULL CHECK (status IN ('planned', 'active', 'on_hold', 'done')),
    budget numeric(14, 2) NOT NULL,
    progress_percent integer NOT NULL CHECK (progress_percent BETWEEN 0 AND 100),
    starts_on date NOT NULL,
    due_on date NOT NULL
);
CREATE INDEX IF NOT EXISTS projects_due ON projects (due_on, id);
CREATE INDEX IF NOT EXISTS projects_status_due ON projects (status, due_on, id);
CREATE INDEX IF NOT EXISTS projects_customer ON projects (customer_id);

CREATE TABLE IF NOT EXISTS invoices (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seed_key text UNIQUE,
    project_id bigint NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    amount numeric(14, 2) NOT NULL,
    issued_on date NOT NULL,
    paid boolean NOT NULL
);
CREATE INDEX IF NOT EXISTS invoices_issued ON invoices (issued_on);
CREATE INDEX IF NOT EXISTS invoices_project ON invoices (project_id);
