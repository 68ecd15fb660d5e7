"use strict";
// Adds what HTML alone cannot: values under the pointer, links between boxes and code, keys, live updates. Text that
// came from outside is only ever set as text.
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (name, className, text) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const say = (text) => { const status = one("#status"); if (status) status.textContent = text; };
  const typing = (event) => event.target.closest("input, select, textarea, [contenteditable]") || event.ctrlKey || event.metaKey || event.altKey;

  // ---- values of a chart under the pointer, or with the arrow keys ----
  const tip = make("div", "tip");
  tip.hidden = true;
  document.body.append(tip);

  const pointsOf = (path) => path.points ??= (path.dataset.points || "").split(";").filter(Boolean).map((entry) => entry.split(",").map(Number));
  const nearest = (points, at) => points.reduce((best, point) => (Math.abs(point[0] - at) < Math.abs(best[0] - at) ? point : best), points[0]);
  const tell = (svg, at, x, y) => {
    const found = all("[data-points]", svg).map((path) => [path.dataset.label, nearest(pointsOf(path), at)]).filter(([, point]) => point);
    if (!found.length) return undefined;
    const head = `${svg.dataset.x} ${found[0][1][1]}`;
    tip.textContent = [head, ...found.map(([label, point]) => (found.length > 1 ? `${label}  ` : "") + point[2])].join("\n");
    tip.hidden = false;
    const cursor = one(".cursor", svg);
    for (const name of ["x1", "x2"]) cursor.setAttribute(name, found[0][1][0]);
    cursor.style.visibility = "visible";
    tip.style.left = `${Math.min(x + 14, innerWidth - tip.offsetWidth - 8)}px`;
    tip.style.top = `${Math.max(y - tip.offsetHeight - 10, 4)}px`;
    return found[0][1];
  };
  const hush = (svg) => { tip.hidden = true; const cursor = svg && one(".cursor", svg); if (cursor) cursor.style.visibility = "hidden"; };
  document.addEventListener("pointermove", (event) => {
    const svg = event.target.closest?.(".chart svg");
    if (!svg) return;
    const box = svg.getBoundingClientRect();
    tell(svg, (event.clientX - box.left) * svg.viewBox.baseVal.width / box.width, event.clientX, event.clientY);
  });
  document.addEventListener("pointerout", (event) => { const svg = event.target.closest?.(".chart svg"); if (svg) hush(svg); });

  // ---- one sample: boxes, statements, tokens ----
  const code = one("#code");
  const sample = () => {
    const tokens = JSON.parse(code.dataset.tokens);
    const statements = JSON.parse(code.dataset.statements);
    const card = one("#token");
    const pieces = all("span[data-t], span[data-s]", code);
    const root = code.closest("article") || document;

    const inside = (statement, outer) => {
      for (let at = statement, steps = 0; at !== null && at !== undefined && steps < 999; at = statements[at]?.[0], steps++) if (at === outer) return true;
      return false;
    };
    const light = (chosen, defects) => {
      for (const piece of pieces) piece.classList.toggle("on", piece.dataset.s !== undefined && chosen.some((outer) => inside(Number(piece.dataset.s), outer)));
      for (const box of all(".region", root)) box.classList.toggle("on", chosen.includes(Number(box.dataset.s)));
      for (const row of all(".statements tr[data-s]", root)) row.classList.toggle("on", chosen.includes(Number(row.dataset.s)));
      for (const defect of all("[data-d]", root)) defect.classList.toggle("on", defects.includes(Number(defect.dataset.d)));
    };
    const ofDefect = (defect) => light(statements.flatMap((entry, index) => (entry[1] === defect ? [index] : [])), [defect]);
    const ofStatement = (statement) => {
      const defect = statements[statement]?.[1];
      light([statement], defect === null || defect === undefined ? [] : [defect]);
    };
    const point = (target) => {
      if (target.dataset.d !== undefined) ofDefect(Number(target.dataset.d));
      else if (target.dataset.s !== undefined) ofStatement(Number(target.dataset.s));
    };
    for (const kind of ["pointerover", "focusin"]) root.addEventListener(kind, (event) => {
      const target = event.target.closest("[data-d], [data-s]");
      if (target) point(target); else light([], []);
    });
    root.addEventListener("pointerleave", () => light([], []));

    const percent = (logProbability) => {
      const share = 100 * Math.exp(logProbability);
      return share >= 99.95 ? "100 %" : share >= 0.1 ? `${share.toFixed(1)} %` : "< 0.1 %";
    };
    const explain = (index, near) => {
      const token = tokens[index];
      if (!token) { card.hidden = true; return; }
      const [text, weight, divergence, student, teacher] = token;
      card.replaceChildren();
      const what = make("div", "what");
      what.append(make("code", "", JSON.stringify(text)), make("span", "", `token ${index}`));
      if (weight !== null) what.append(make("span", "", `weight ${Number(weight.toFixed(3))}`));
      if (divergence !== null) what.append(make("span", "", `KL ${Number(divergence.toPrecision(3))}`));
      card.append(what);
      if (student.length || teacher.length) {
        const table = make("table");
        const head = table.createTHead().insertRow();
        for (const name of ["student", "", "teacher", ""]) head.append(make("th", "", name));
        const body = table.createTBody();
        for (let row = 0; row < Math.max(student.length, teacher.length); row++) {
          const line = body.insertRow();
          for (const side of [student, teacher]) {
            const entry = side[row];
            const cell = line.insertCell();
            if (entry) cell.append(make("code", "", JSON.stringify(entry[0])));
            line.append(make("td", "number", entry ? percent(entry[1]) : ""));
          }
          if (student[row] && student[row][0] === text) line.className = "same";
        }
        card.append(table);
      }
      card.hidden = false;
      const box = near.getBoundingClientRect();
      card.style.left = `${Math.max(6, Math.min(box.left, innerWidth - card.offsetWidth - 10))}px`;
      const below = box.bottom + 8;
      card.style.top = `${below + card.offsetHeight > innerHeight ? Math.max(4, box.top - card.offsetHeight - 8) : below}px`;
    };
    let here = -1;
    const go = (index) => {
      const piece = pieces.find((known) => Number(known.dataset.t) === index);
      if (!piece) return;
      here = index;
      for (const known of pieces) known.classList.toggle("here", Number(known.dataset.t) === index);
      piece.scrollIntoView({ block: "nearest" });
      point(piece);
      explain(index, piece);
    };
    const leave = () => { for (const piece of pieces) piece.classList.remove("here"); card.hidden = true; };
    code.addEventListener("pointerover", (event) => {
      const piece = event.target.closest("span[data-t]");
      if (piece) { here = Number(piece.dataset.t); explain(here, piece); } else card.hidden = true;
    });
    code.addEventListener("pointerleave", leave);
    code.addEventListener("blur", leave);
    code.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) { event.preventDefault(); go(Math.max(0, Math.min(tokens.length - 1, here + step))); }
      if (event.key === "Escape") leave();
    });
  };
  if (code && code.dataset.tokens) sample();

  // ---- keys: through a gallery, through samples ----
  document.addEventListener("keydown", (event) => {
    if (typing(event)) return;
    const items = all(".gallery > li");
    if (items.length) {
      const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
      if (step) {
        const at = items.indexOf(document.activeElement?.closest(".gallery > li"));
        if (at < 0 && event.key.startsWith("Arrow") && document.activeElement !== document.body) return;
        event.preventDefault();
        const next = items[Math.max(0, Math.min(items.length - 1, at < 0 ? 0 : at + step))];
        next.focus({ preventScroll: true });
        next.scrollIntoView({ block: "nearest" });
        say(`${items.indexOf(next) + 1} of ${items.length}`);
      }
      const turn = { l: 1, h: -1 }[event.key];
      const steps = all("a[data-step]");
      if (turn && steps.length) steps[steps.findIndex((link) => link.ariaCurrent) + turn]?.click();
      if (event.key === "Enter" && document.activeElement?.matches(".gallery > li")) one("a", document.activeElement)?.click();
      return;
    }
    one(`[data-key="${CSS.escape(event.key)}"]`)?.click();
  });

  // ---- the run table ----
  const fetched = async (address) => {
    const answer = await fetch(address, { headers: { accept: "text/html" } });
    const text = await answer.text();
    if (!answer.ok) throw new Error(new DOMParser().parseFromString(text, "text/html").querySelector(".message")?.textContent || answer.statusText);
    return new DOMParser().parseFromString(text, "text/html");
  };
  const table = one("table.runs");
  const chosen = () => all("input[name=run]:checked");
  const counted = () => { const button = one("#compare"); if (button) button.disabled = chosen().length === 0; };
  document.addEventListener("change", (event) => { if (event.target.name === "run") counted(); });
  counted();

  if (table) {
    const picked = new Set();
    let order = 0;
    const refresh = async (address) => {
      const mine = ++order;
      const keep = new Set([...picked, ...chosen().map((box) => box.value)]);
      const mistake = one("#mistake");
      try {
        const page = await fetched(address);
        if (mine !== order) return;
        one("tbody", table).replaceWith(document.importNode(one("tbody", page), true));
        one("#count").textContent = one("table", page).dataset.count;
        for (const box of all("input[name=run]", table)) box.checked = keep.has(box.value);
        mistake.hidden = true;
        table.dataset.rows = address;
        counted();
        watch();
      } catch (error) {
        if (mine === order && mistake) { mistake.textContent = error.message; mistake.hidden = false; }
      }
    };
    // More rows come when their link is seen.
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); more(entry.target); }
    }, { rootMargin: "600px" });
    const more = async (link) => {
      const row = link.closest("tr");
      const page = await fetched(link.dataset.more);
      if (row.isConnected) row.replaceWith(...all("tbody > tr", document.importNode(page.body, true)));
      watch();
    };
    const watch = () => { for (const link of all("a[data-more]", table)) seen.observe(link); };
    watch();
    // The filter works while it is typed.
    const filter = one("#where");
    let pause;
    filter.addEventListener("input", () => {
      clearTimeout(pause);
      pause = setTimeout(() => {
        const address = new URL(table.dataset.rows, location);
        if (filter.value) address.searchParams.set("where", filter.value); else address.searchParams.delete("where");
        refresh(address.pathname + address.search);
        const shown = new URL(address.pathname.replace(/rows$/, "") + address.search, location);
        history.replaceState(null, "", shown);
      }, 150);
    });
    document.addEventListener("keydown", (event) => { if (event.key === "/" && !typing(event)) { event.preventDefault(); filter.focus(); } });
    live("/events", () => { if (scrollY < 400) refresh(table.dataset.rows); });
  }

  // ---- live updates ----
  function live(address, changed) {
    if (!location.protocol.startsWith("http")) return;
    const source = new EventSource(address);
    let waiting = false;
    let again = false;
    const update = async () => {
      if (waiting) { again = true; return; }
      waiting = true;
      await changed();
      say("updated");
      setTimeout(() => { waiting = false; if (again) { again = false; update(); } }, 1000);
    };
    source.addEventListener("grown", update);
    addEventListener("pagehide", () => source.close());
  }
  const now = one("#now[data-live]");
  if (now) live(now.dataset.live, async () => {
    try {
      const page = await fetched(now.dataset.part);
      const open = all("details", now).map((known) => known.open);
      now.replaceChildren(...document.importNode(page.body, true).childNodes);
      all("details", now).forEach((known, index) => { known.open = Boolean(open[index]); });
      hush();
    } catch { /* the server is gone; the page stays as it is */ }
  });
})();
