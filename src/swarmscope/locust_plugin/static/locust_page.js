"use strict";
(() => {
  const bar = document.getElementById("loadtest-bar");
  const text = document.getElementById("loadtest-run");
  const links = document.getElementById("loadtest-links");
  const refused = document.getElementById("loadtest-refused");
  const meanings = JSON.parse(bar.dataset.meanings);

  // ---- the bar and the refusal: asked for, since Locust's page itself asks for nothing between runs ---------------
  let shown = { links: links.innerHTML, refused: refused.textContent };
  const show = (found) => {
    if (text.textContent !== found.text) text.textContent = found.text;
    if (shown.links !== found.links) links.innerHTML = found.links; // escaped by the server
    if (shown.refused !== found.refused) refused.textContent = found.refused && `Not started: ${found.refused}`;
    refused.hidden = !found.refused;
    bar.dataset.meaning = found.meaning;
    shown = found;
    document.body.style.paddingBottom = `${bar.offsetHeight}px`; // so that the foot of the page can be scrolled to
  };
  const refresh = async () => {
    try {
      show(await (await fetch(bar.dataset.source, { cache: "no-store" })).json());
    } catch {
      text.textContent = "Locust does not answer";
    }
  };
  setInterval(refresh, 2000);
  refresh();

  // ---- the table of objectives: Locust draws it as plain text, and draws it anew every few seconds ----------------
  const meaningOf = (state, severity) => {
    const found = meanings[state] ?? "quiet";
    return found === "bad" && severity === "warning" ? "warn" : found;
  };
  const paintRow = (cells, [state, headroom, severity]) => {
    const meaning = meaningOf(cells[state].textContent, cells[severity].textContent);
    if (cells[state].textContent) cells[state].dataset.loadtest = meaning;
    else delete cells[state].dataset.loadtest;
    if (cells[headroom].textContent.startsWith("-") && cells[headroom].textContent !== "-") {
      cells[headroom].dataset.loadtest = meaningOf("missed so far", cells[severity].textContent);
    } else delete cells[headroom].dataset.loadtest;
  };
  const paint = () => {
    const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? [255, 255, 255];
    document.documentElement.dataset.loadtestTheme = Number(red) + Number(green) + Number(blue) < 384 ? "dark" : "light";
    for (const table of document.querySelectorAll("table")) {
      const headings = [...table.querySelectorAll("thead th")].map((heading) => heading.textContent.trim());
      const columns = ["State", "Headroom", "Severity"].map((title) => headings.indexOf(title));
      if (headings[0] !== "Objective" || columns.includes(-1)) continue;
      for (const row of table.querySelectorAll("tbody tr")) {
        if (row.cells.length === headings.length) paintRow(row.cells, columns);
      }
    }
  };
  let next = 0;
  const paintSoon = () => { next ||= requestAnimationFrame(() => { next = 0; paint(); }); };
  // Attributes are not observed: painting sets nothing else.
  new MutationObserver(paintSoon).observe(document.body, { childList: true, subtree: true, characterData: true });
  paintSoon();
})();
