"use strict";
(() => {
  const CLOCK = "%H:%M:%S";
  const root = document.documentElement;
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);

  /** A name is a property of the style sheet, or a pair of colours that a dashboard fixes. */
  const cssColor = (name) => (name.startsWith("light-dark(") ? name : `var(--${name})`);

  /** The colour that a name has in the theme of the moment, as rgb(). */
  const color = (name, opacity = 1) => {
    probe.style.color = cssColor(name);
    const found = getComputedStyle(probe).color;
    return opacity === 1 ? found : found.replace("rgb(", "rgba(").replace(")", `, ${opacity})`);
  };

  // ---- marks: firing alerts as bands, phases as lines -------------------------------------------------------------
  const readJson = (element, otherwise) => (element ? JSON.parse(element.textContent) : otherwise);
  let marks = readJson(document.getElementById("marks"), []);

  const bandShape = (mark) => ({
    type: "rect", xref: "x", yref: "paper", x0: mark.begin, x1: mark.end, y0: 0, y1: 1, layer: "below",
    line: { width: 0 }, fillcolor: color(mark.kind, 0.13),
  });
  const phaseShape = (mark) => ({
    type: "line", xref: "x", yref: "paper", x0: mark.begin, x1: mark.begin, y0: 0, y1: 1,
    line: { width: 1, dash: "dot", color: color("phase", 0.8) },
  });
  const markShapes = () => marks.map((mark) => (mark.end === null ? phaseShape(mark) : bandShape(mark)));

  /** The names of phases above the chart; one that would run into the next is left out. */
  const phaseNames = (range, width) => {
    const perPixel = (range[1] - range[0]) / Math.max(width - 70, 100);
    const phases = marks.filter((mark) => mark.end === null && mark.begin > range[0] - perPixel);
    return phases.flatMap((mark, place) => {
      const long = mark.label.length * 6 + 8;
      const next = phases[place + 1];
      if (next && (next.begin - mark.begin) / perPixel < long) return [];
      const atTheEdge = (range[1] - mark.begin) / perPixel < long;
      return [{
        xref: "x", yref: "paper", x: mark.begin, y: 1, yanchor: "bottom", xanchor: atTheEdge ? "right" : "left",
        showarrow: false, text: mark.label, font: { size: 10, color: color("soft") },
      }];
    });
  };

  // ---- crossings: where a judged value went beyond its threshold ---------------------------------------------------
  const crossingShape = (one) => ({
    type: "line", xref: "x", x0: one.at, x1: one.at, line: { width: 1.5, color: color(one.color || "limit-critical") },
    ...(one.row === undefined ? { yref: "paper", y0: 0, y1: 1 } : { yref: "y", y0: one.row - 0.42, y1: one.row + 0.3 }),
  });
  /** What is written beside them: on a chart below each other, over the bars of alerts where the row's name has room. */
  const crossingNotes = (crossings, rows, range, width) => crossings.flatMap((one, place) => {
    const perPixel = (range[1] - range[0]) / Math.max(width - 70, 100);
    const long = one.text.length * 6 + 10;
    const isLate = (range[1] - one.at) / perPixel < long;
    const note = {
      xref: "x", x: one.at, xanchor: isLate ? "right" : "left", showarrow: false, text: escaped(one.text),
      font: { size: 10.5, color: color(one.color || "limit-critical") },
    };
    if (!rows) return [{ ...note, yref: "paper", y: 0, yanchor: "bottom", yshift: 14 * place, bgcolor: color("card", 0.8) }];
    const begins = (one.at - range[0]) / perPixel - (isLate ? long : 0);
    if (begins < rows[one.row].length * 6.2 + 8) return [];
    return [{ ...note, yref: "y", y: one.row, yanchor: "bottom", yshift: 6 }];
  });

  // ---- figures: the colours, sizes and marks that a figure is to have here -----------------------------------------
  const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

  /** Plotly reads some HTML in names: a name is text. */
  const asText = (trace) => ({
    ...trace,
    ...(trace.name === undefined ? {} : { name: escaped(trace.name) }),
    ...(trace.customdata ? { customdata: trace.customdata.map(escaped) } : {}),
  });
  const themedTrace = (figureTrace) => {
    const trace = asText(figureTrace);
    const own = color(trace.meta.color === "heat" ? "heat-2" : trace.meta.color);
    if (trace.type === "heatmap") {
      const scale = [0, 1, 2, 3].map((step) => [step / 3, color(`heat-${step}`)]);
      return { ...trace, colorscale: scale };
    }
    if (trace.type === "bar") return { ...trace, marker: { color: own, line: { width: 0 } } };
    const fills = trace.stackgroup ? 0.35 : 0.1;
    const fill = own.replace("rgb(", "rgba(").replace(")", `, ${fills})`);
    return { ...trace, line: { ...trace.line, color: own }, marker: { ...trace.marker, color: own }, ...(trace.fill || trace.stackgroup ? { fillcolor: fill } : {}) };
  };

  const namedHover = (trace) => ({ hovertemplate: `${escaped(trace.name)}<br>${trace.hovertemplate}<extra></extra>` });
  const statesHeight = (rows) => Math.max(72, rows.length * (rows.length > 10 ? 29 : 36) + 34);
  const themedLayout = (figure, element) => {
    const { layout } = figure;
    const meta = layout.meta || {};
    const width = element.clientWidth || 600;
    const isStates = Boolean(meta.rows);
    const axis = { gridcolor: color("grid"), linecolor: color("line"), zerolinecolor: color("line"), tickfont: { size: 11 } };
    const annotations = isStates ? rowNames(meta.rows, width) : phaseNames(layout.xaxis.range, width);
    (meta.beyond || []).slice(0, 3).forEach((limit, place) => annotations.push({
      xref: "paper", yref: "paper", x: 1, y: 1, xanchor: "right", yanchor: "top", yshift: -15 * place, showarrow: false,
      text: `▲ ${escaped(shortened(limit.text, Math.floor(width / 7.5)))}`, font: { size: 10.5, color: color(limit.color) },
      bgcolor: color("card", 0.8),
    }));
    const crossings = meta.crossings || [];
    annotations.push(...crossingNotes(crossings, meta.rows, layout.xaxis.range, width));
    return {
      ...layout,
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: color("soft") },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      margin: isStates ? { l: 2, r: 6, t: 4, b: 24 } : { l: 8, r: 8, t: 17, b: 24 },
      height: isStates ? statesHeight(meta.rows) : undefined,
      autosize: true,
      xaxis: { ...axis, ...layout.xaxis, tickformatstops: timeTicks, hoverformat: CLOCK, nticks: Math.max(3, Math.floor(width / 90)), ticklabelstandoff: 3, showgrid: isStates },
      yaxis: { ...axis, automargin: true, ...layout.yaxis },
      shapes: [...(isStates ? [] : markShapes()), ...crossings.map(crossingShape)],
      annotations,
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
      hoverlabel: { bgcolor: color("card"), bordercolor: color("line"), font: { color: color("ink"), size: 12 }, namelength: 40 },
    };
  };
  const timeTicks = [
    { dtickrange: [null, 60000], value: "%H:%M:%S" },
    { dtickrange: [60000, 86400000], value: "%H:%M" },
    { dtickrange: [86400000, null], value: "%b %e" },
  ];
  const shortened = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  const rowNames = (rows, width) => rows.map((name, row) => ({
    xref: "paper", yref: "y", x: 0, y: row, xanchor: "left", yanchor: "bottom", yshift: 6, showarrow: false,
    text: escaped(shortened(name, Math.floor(width / 6.2))), font: { size: 11, color: color("ink") },
  }));

  // ---- legends: buttons, so that a keyboard reaches them -----------------------------------------------------------
  const swatch = (name, kind = "") => {
    const mark = document.createElement("i");
    mark.style.setProperty("--c", cssColor(name));
    mark.className = kind;
    return mark;
  };
  const legendFor = (figure, chart) => {
    const legend = chart.parentElement.querySelector(".legend") || document.createElement("div");
    legend.className = "legend";
    const hidden = chart.hiddenNames;
    legend.replaceChildren(...figure.data.filter((trace) => trace.type !== "heatmap" && !trace.meta.unlisted).map((trace) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", String(!hidden.has(trace.name)));
      button.title = "Show or hide; with Shift alone";
      const kind = trace.type === "bar" ? "block" : trace.mode === "markers" ? `dot ${trace.marker.symbol || ""}`
        : trace.fill === "toself" ? "band" : (trace.line?.dash ?? "solid") === "solid" ? "" : "dash";
      button.append(swatch(trace.meta.color, kind), trace.meta.limit ? `${trace.name} ${trace.meta.limit}` : trace.name);
      button.addEventListener("click", (event) => toggle(chart, trace.name, event.shiftKey));
      return button;
    }));
    if (figure.layout.meta?.crossings?.length) {
      const key = document.createElement("span");
      key.className = "key";
      key.append(swatch("limit-critical", "upright"), "threshold crossed");
      legend.append(key);
    }
    const kinds = figure.layout.meta?.rows ? [] : ["critical", "validity", "warning"].filter((kind) => marks.some((mark) => mark.kind === kind));
    for (const kind of kinds) {
      const key = document.createElement("span");
      key.className = "key";
      const names = marks.filter((mark) => mark.kind === kind).map((mark) => mark.label);
      key.title = [...new Set(names.join(", ").split(", "))].join(", ");
      key.append(swatch(kind, "band"), `${kind} alert firing`);
      legend.append(key);
    }
    chart.after(legend);
  };
  const toggle = (chart, name, alone) => {
    const names = chart.figure.data.map((trace) => trace.name);
    const shown = names.filter((one) => !chart.hiddenNames.has(one));
    if (alone) chart.hiddenNames = new Set(shown.length === 1 && shown[0] === name ? [] : names.filter((one) => one !== name));
    else if (!chart.hiddenNames.delete(name)) chart.hiddenNames.add(name);
    show(chart, chart.figure);
  };

  // ---- drawing -----------------------------------------------------------------------------------------------------
  const config = { displayModeBar: false, responsive: true, doubleClick: "reset", showTips: false };
  /** Takes the room that a chart will need, so that drawing it later moves nothing. */
  const prepare = (chart, figure) => {
    chart.figure = figure;
    chart.hiddenNames ??= new Set();
    if (figure.layout.meta?.rows) chart.style.height = `${statesHeight(figure.layout.meta.rows)}px`;
    legendFor(figure, chart);
  };
  const show = (chart, figure) => {
    prepare(chart, figure);
    chart.isDrawn = true;
    const data = figure.data.map((trace) => ({
      ...themedTrace(trace),
      ...(figure.layout.hovermode === "closest" && trace.type === "scatter" && trace.hovertemplate ? namedHover(trace) : {}),
      visible: !chart.hiddenNames.has(trace.name) || "legendonly",
    }));
    const layout = themedLayout(figure, chart);
    layout.uirevision = "kept"; // a zoom stays when the figures are renewed
    return Plotly.react(chart, data, layout, config);
  };
  const draw = (chart) => (chart.isDrawn ? Promise.resolve() : show(chart, chart.figure));
  const charts = () => [...document.querySelectorAll(".chart")];
  const redraw = () => Promise.all(charts().filter((chart) => chart.isDrawn).map((chart) => show(chart, chart.figure)));
  const drawAll = () => {
    document.querySelectorAll(".board details:not(.about)").forEach((details) => { details.open = true; });
    return Promise.all(charts().map(draw));
  };

  // ---- print: what is unfolded, and the evidence, light and as wide as paper ---------------------------------------
  const isVisible = (chart) => chart.checkVisibility(); // what is folded has a place as well
  let before = null;
  const beforePrint = () => {
    const evidence = document.querySelector("#evidence > details");
    before = { theme: root.dataset.theme, evidence: evidence?.open };
    root.dataset.theme = "light";
    document.body.classList.add("printing");
    if (evidence) evidence.open = true;
    charts().filter(isVisible).forEach((chart) => show(chart, chart.figure));
  };
  const afterPrint = () => {
    if (!before) return;
    if (before.theme) root.dataset.theme = before.theme; else delete root.dataset.theme;
    document.body.classList.remove("printing");
    if (before.evidence === false) document.querySelector("#evidence > details").open = false;
    before = null;
    redraw();
  };

  let wide = root.clientWidth;
  let waiting = 0;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { if (wide !== root.clientWidth) { wide = root.clientWidth; redraw(); } }, 150);
  });

  // ---- theme -------------------------------------------------------------------------------------------------------
  const themes = ["", "light", "dark"];
  const button = document.getElementById("theme");
  const remembered = () => { try { return localStorage.getItem("swarmscope-theme") || ""; } catch { return ""; } };
  const setTheme = (theme) => {
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    button.setAttribute("aria-label", `Theme: ${theme || "as the system"}`);
    button.title = button.getAttribute("aria-label");
    try { localStorage.setItem("swarmscope-theme", theme); } catch { /* a page from a file may not remember */ }
  };
  setTheme(remembered());
  button.addEventListener("click", () => {
    setTheme(themes[(themes.indexOf(root.dataset.theme || "") + 1) % themes.length]);
    redraw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

  // ---- navigation --------------------------------------------------------------------------------------------------
  const links = new Map([...document.querySelectorAll(".bar nav a")].map((link) => [link.hash.slice(1), link]));
  const sections = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  const spy = () => {
    const current = sections.filter((section) => section.getBoundingClientRect().top < 140).pop();
    for (const [id, link] of links) {
      if (current && id === current.id) {
        if (!link.hasAttribute("aria-current")) {
          link.setAttribute("aria-current", "true");
          const strip = link.closest("nav");
          strip.scrollLeft = link.offsetLeft - strip.offsetLeft - strip.clientWidth / 2 + link.clientWidth / 2;
        }
      } else link.removeAttribute("aria-current");
    }
  };
  addEventListener("scroll", () => requestAnimationFrame(spy), { passive: true });
  links.forEach((link, id) => link.addEventListener("click", () => {
    const details = document.getElementById(id)?.querySelector(":scope > details");
    if (details) details.open = true;
  }));
  spy();

  // ---- tables ------------------------------------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const heading = event.target.closest(".sortable thead th");
    document.querySelectorAll(".about[open]").forEach((about) => { if (!about.contains(event.target)) about.open = false; });
    if (!heading) return;
    const ascending = heading.getAttribute("aria-sort") === "descending";
    const column = heading.cellIndex;
    const body = heading.closest("table").tBodies[0];
    const key = (row) => row.cells[column].dataset.sort;
    const order = (one, other) => (isNaN(one) || isNaN(other) ? one.localeCompare(other) : Number(one) - Number(other));
    const rows = [...body.rows].sort((one, other) => order(key(one), key(other)) * (ascending ? 1 : -1));
    heading.parentElement.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    body.append(...rows);
    foldRows(heading.closest("table"));
  });

  /** Shows as many rows as the table begins with, or all once the button below it was pressed. */
  const foldRows = (table) => {
    const most = table.dataset.most && !table.dataset.unfolded ? Number(table.dataset.most) : Infinity;
    [...table.tBodies[0].rows].forEach((row, place) => row.classList.toggle("rest", place >= most));
  };
  document.querySelectorAll(".unfold").forEach((button) => {
    const folded = button.textContent;
    const table = button.previousElementSibling.querySelector("table");
    button.addEventListener("click", () => {
      if (table.dataset.unfolded) delete table.dataset.unfolded; else table.dataset.unfolded = "yes";
      button.setAttribute("aria-expanded", String(Boolean(table.dataset.unfolded)));
      button.textContent = table.dataset.unfolded ? "fewer" : folded;
      foldRows(table);
    });
  });

  // ---- live: asks for what is in sight, and only while the page is -------------------------------------------------
  const near = new Set();
  const watch = (onSight) => {
    const observer = new IntersectionObserver((entries) => entries.forEach((entry) => {
      if (entry.isIntersecting) { near.add(entry.target); onSight(entry.target); } else near.delete(entry.target);
    }), { rootMargin: "300px 0px" });
    document.querySelectorAll(".panel").forEach((panel) => observer.observe(panel));
  };

  /** What has not changed stays: a screen reader would say it again, and a focus would be lost. */
  const renewHtml = (element, html) => {
    if (element.shownHtml !== html) element.innerHTML = html; // escaped by the server
    element.shownHtml = html;
  };
  const renew = (panel, shown) => {
    const body = panel.querySelector(".body");
    if (shown.chart) {
      let chart = body.querySelector(".chart");
      if (!chart) {
        chart = document.createElement("div");
        chart.className = "chart";
        chart.setAttribute("role", "img");
        chart.setAttribute("aria-label", panel.querySelector("h4").textContent);
        body.replaceChildren(chart);
        body.shownHtml = "";
      }
      show(chart, shown.chart);
    } else renewHtml(body, shown.html);
  };

  const PERIOD = 5000;
  let asking = false;
  let again = false;
  let failures = 0;
  const state = document.getElementById("live-state");
  const refresh = async () => {
    if (document.hidden) return;
    if (asking) { again = true; return; }
    asking = true;
    try {
      const keys = [...near].map((panel) => panel.dataset.key);
      const answer = await fetch(`/panels.json?keys=${keys.map(encodeURIComponent).join(",")}`, { cache: "no-store" });
      if (answer.status === 503) { failures = 0; state.textContent = "waiting"; state.title = await answer.text(); return; }
      if (!answer.ok) throw new Error(`${answer.status}`);
      const found = await answer.json();
      marks = found.marks;
      renewHtml(document.getElementById("head"), found.head);
      renewHtml(document.getElementById("progress"), found.progress);
      for (const [key, shown] of Object.entries(found.panels)) renew(document.getElementById(key), shown);
      failures = 0;
      state.textContent = `live ${found.clock}`;
      state.title = "";
      document.getElementById("ended").hidden = true;
      document.body.classList.remove("stale");
    } catch {
      failures += 1;
      if (failures > 1) {
        state.textContent = "ended";
        state.title = "The run's own process no longer answers";
        document.getElementById("ended").hidden = false;
        const word = document.querySelector("#head .verdict-word:is(.is-green, .is-neutral)"); // FAILING stays
        if (word) { word.textContent = "ENDED"; word.className = "verdict-word is-neutral"; }
        document.getElementById("head").shownHtml = "";
        document.body.classList.add("stale");
      }
    } finally {
      asking = false;
      if (again) { again = false; refresh(); }
    }
  };

  if (state) {
    let soon = 0;
    watch((panel) => { if (!panel.querySelector(".chart, table, .figure")) { clearTimeout(soon); soon = setTimeout(refresh, 120); } });
    setInterval(refresh, PERIOD);
    document.addEventListener("visibilitychange", refresh);
    refresh();
  }

  // ---- stored: Plotly is packed in the page, which is a third of its size for that --------------------------------
  const unpack = async (packed) => {
    const binary = atob(packed.textContent);
    const bytes = new Uint8Array(binary.length);
    for (let place = 0; place < bytes.length; place += 1) bytes[place] = binary.charCodeAt(place);
    const text = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
    const script = document.createElement("script");
    script.textContent = text;
    document.head.append(script);
    packed.remove();
  };
  const packed = document.getElementById("plotly");
  const ready = !packed ? Promise.resolve() : unpack(packed).then(() => {
    charts().forEach((chart) => prepare(chart, readJson(chart.nextElementSibling)));
    watch((panel) => panel.querySelectorAll(".chart").forEach(draw));
    addEventListener("beforeprint", beforePrint);
    addEventListener("afterprint", afterPrint);
  }, () => charts().forEach((chart) => { chart.textContent = "This browser is too old to draw charts."; }));
  window.swarmscope = { drawAll, ready, refresh };
})();
