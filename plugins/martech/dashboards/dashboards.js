"use strict";
// Draws what a page declares: each element with `data-widget` names a query, its metrics and how they are cut. Figures are
// added up here by the metrics' definitions, so that a range of days or a channel can be chosen without a server.
(() => {
  const payload = JSON.parse(document.getElementById("payload").textContent);
  const { metrics, cubes, quality, targets } = payload;
  const MONTH_DAYS = 365.25 / 12;
  const DAY_MS = 86400000;
  const chosen = { from: null, to: null, values: {} };
  const charts = new Map();
  const sorts = new Map();

  // ── figures ────────────────────────────────────────────────────────────────────────────────────────
  const nameAt = (cube, dimension, row) => cube.columns[dimension].names[cube.columns[dimension].at[row]];
  const dayOf = (cube) => cube.dimensions.find((name) => name === "day");

  function rowsOf(widget, range = chosen) {
    const cube = cubes[widget.dataset.query];
    const ignored = (widget.dataset.ignore || "").split(" ");
    const day = dayOf(cube);
    const wanted = Object.entries(chosen.values).filter(
      ([name, value]) => value && cube.dimensions.includes(name) && !ignored.includes(name));
    const rows = [];
    for (let row = 0; row < cube.rows; row += 1) {
      if (day && range.from && !ignored.includes("range")) {
        const at = nameAt(cube, day, row);
        if (at < range.from || at > range.to) continue;
      }
      if (wanted.every(([name, value]) => nameAt(cube, name, row) === value)) rows.push(row);
    }
    return rows;
  }

  // A metric of some rows; null where there is nothing to say.
  function figure(cube, name, rows) {
    const metric = metrics[name];
    if (!rows.length) return null;
    if (metric.kind === "ratio") {
      const [above, below] = [figure(cube, metric.numerator, rows), figure(cube, metric.denominator, rows)];
      return above === null || !below ? null : above / below;
    }
    return rows.reduce((sum, row) => sum + (cube.columns[name][row] || 0), 0);
  }

  // Every day of the choice that the figures can have: without rows an amount is 0, and a ratio nothing.
  function daily(cube, rows) {
    const byDay = new Map(grouped(cube, rows, ["day"]).map((group) => [group.names[0], group.rows]));
    const known = [...byDay.keys()].sort();
    if (!known.length) return [];
    const days = [];
    for (let time = Date.parse(known[0]); time <= Date.parse(known[known.length - 1]); time += DAY_MS) {
      const day = new Date(time).toISOString().slice(0, 10);
      days.push({ names: [day], rows: byDay.get(day) || [] });
    }
    return days;
  }
  const ofDay = (cube, name, day) => figure(cube, name, day.rows) ?? (metrics[name].kind === "sum" ? 0 : null);

  function grouped(cube, rows, dimensions) {
    const groups = new Map();
    for (const row of rows) {
      const names = dimensions.map((name) => nameAt(cube, name, row));
      const key = JSON.stringify(names);
      if (!groups.has(key)) groups.set(key, { names, rows: [] });
      groups.get(key).rows.push(row);
    }
    return [...groups.values()];
  }

  function written(value, unit) {
    if (value === null || value === undefined) return "–";
    const plain = (digits) => value.toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: digits });
    if (unit === "money") {
      const money = { style: "currency", currency: payload.currency, currencyDisplay: "narrowSymbol" };
      return value.toLocaleString("en", Math.abs(value) >= 10000
        ? { ...money, notation: "compact", maximumFractionDigits: 1 } : { ...money, maximumFractionDigits: Math.abs(value) < 100 ? 2 : 0 });
    }
    if (unit === "share") return `${(value * 100).toLocaleString("en", { maximumFractionDigits: 1 })}\u00a0%`;
    if (unit === "ratio") return `${plain(2)}×`;
    return unit === "count" ? plain(0) : plain(1);
  }
  const words = (text) => String(text).replaceAll("_", " ");
  const headed = (text) => words(text).replace(/^./, (first) => first.toUpperCase());

  // ── elements ───────────────────────────────────────────────────────────────────────────────────────
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value);
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  function definition(name) {
    return make("a", { href: `definitions.html#${name}`, title: metrics[name].description }, metrics[name].label);
  }

  function qualityOf(name) {
    const { table } = metrics[name];
    const found = quality[table];
    const text = !found ? "quality not checked"
      : found.errors ? `quality: ${found.errors} failed`
      : found.warnings ? `quality ${found.score}: ${found.warnings} warned`
      : found.score === null ? "quality not decided" : `quality ${found.score}`;
    return make("a", { href: `data.html#${table}`, class: found && found.errors ? "bad" : null }, text);
  }

  // What each figure of a chart or table means, how good its source is, and to which day it goes.
  function origins(names) {
    const tables = [...new Map(names.map((name) => [metrics[name].table, name])).values()];
    const links = [...names.map(definition), ...tables.map(qualityOf)].flatMap((link) => [link, " · "]);
    return make("p", { class: "foot" }, ...links, `data to ${payload.newest_day || "no day yet"}`);
  }

  function sortable(table, key) {
    table.querySelectorAll("thead th").forEach((head, column) => {
      const button = make("button", { type: "button" }, ...head.childNodes);
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const descending = head.getAttribute("aria-sort") ? head.getAttribute("aria-sort") !== "descending" : head.classList.contains("number");
        sorts.set(key, { column, descending });
        sort(table, column, descending);
      });
    });
    if (sorts.has(key)) sort(table, sorts.get(key).column, sorts.get(key).descending);
  }

  function sort(table, column, descending) {
    const value = (line) => {
      const cell = line.cells[column];
      const text = cell.dataset.value ?? cell.textContent;
      return text === "" || text === "–" ? null : Number.isNaN(Number(text)) ? text : Number(text);
    };
    const lines = [...table.tBodies[0].rows].sort((one, other) => {
      const [a, b] = [value(one), value(other)];
      if (a === null || b === null) return (a === null) - (b === null); // what is unknown comes last
      const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
      return descending ? -order : order;
    });
    table.tBodies[0].append(...lines);
    table.querySelectorAll("thead th").forEach((head, place) => {
      if (place === column) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
  }

  function figures(title, dimensions, names, lines, key) {
    const heads = [...dimensions.map((name) => make("th", { scope: "col" }, headed(name))),
      ...names.map((name) => make("th", { scope: "col", class: "number", title: metrics[name].description }, metrics[name].label))];
    const body = make("tbody", {}, ...lines.map((line) => make("tr", {},
      ...line.names.map((name, place) => make(place ? "td" : "th", place ? {} : { scope: "row" }, words(name))),
      ...names.map((name) => {
        const value = line.values[name];
        return make("td", { class: "number", "data-value": value ?? "", "data-metric": name }, written(value, metrics[name].unit));
      }))));
    const table = make("table", {}, make("caption", { class: "hidden" }, title), make("thead", {}, make("tr", {}, ...heads)), body);
    sortable(table, key);
    return table;
  }

  const nothing = () => make("p", { class: "empty" }, "No data for this choice.");
  const titled = (widget) => make("h3", {}, widget.dataset.title);
  const namesOf = (widget) => widget.dataset.metrics.split(" ");

  function color(number) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--c${(number % 8) + 1}`).trim();
  }

  function plot(widget, config, table, height = 260) {
    const style = getComputedStyle(document.documentElement);
    const [ink, line] = ["--soft", "--line"].map((name) => style.getPropertyValue(name).trim());
    const canvas = make("canvas", { role: "img", "aria-label": `${widget.dataset.title}. The table below has the figures.` });
    widget.replaceChildren(titled(widget), make("div", { class: "plot", style: `height:${height}px` }, canvas),
      make("details", {}, make("summary", {}, "Table"), make("div", { class: "wide" }, table)),
      ...(widget.dataset.metrics ? [origins(namesOf(widget))] : []));
    const axis = { ticks: { color: ink, maxRotation: 0, autoSkipPadding: 12 }, grid: { color: line } };
    charts.get(widget)?.destroy();
    charts.set(widget, new Chart(canvas, {
      ...config,
      options: {
        animation: false, maintainAspectRatio: false, interaction: { mode: "index", intersect: false }, ...config.options,
        scales: { x: { ...axis, ...config.options?.scales?.x }, y: { ...axis, beginAtZero: true, ...config.options?.scales?.y } },
        plugins: { legend: { position: "bottom", labels: { color: ink, boxWidth: 12 } } },
      },
    }));
  }

  // ── widgets ────────────────────────────────────────────────────────────────────────────────────────
  function before() {
    if (!chosen.from) return null;
    const days = (Date.parse(chosen.to) - Date.parse(chosen.from)) / DAY_MS + 1;
    const iso = (time) => new Date(time).toISOString().slice(0, 10);
    return { from: iso(Date.parse(chosen.from) - days * DAY_MS), to: iso(Date.parse(chosen.from) - DAY_MS), days };
  }

  function spark(values) {
    const known = values.filter((value) => value !== null);
    if (known.length < 2) return null;
    const [low, high] = [Math.min(...known, 0), Math.max(...known)];
    const points = values.map((value, place) => value === null ? null
      : `${(place / (values.length - 1)) * 100},${30 - ((value - low) / (high - low || 1)) * 28}`).filter(Boolean).join(" ");
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
    svg.setAttribute("viewBox", "0 0 100 32");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("points", points);
    svg.append(path);
    return svg;
  }

  function change(metric, now, then) {
    if (now === null || !then) return "";
    const share = (now - then) / Math.abs(then);
    const is = metric.good === "none" || share === 0 ? "" : (share > 0) === (metric.good === "up") ? "good" : "bad";
    const arrow = share > 0 ? "▲" : share < 0 ? "▼" : "=";
    return make("span", { class: is }, `${arrow} ${written(Math.abs(share), "share")} vs the period before`);
  }

  function target(name, value) {
    const metric = metrics[name];
    if (!(name in targets) || value === null) return null;
    const range = before();
    const goal = metric.kind === "sum" ? (targets[name] / MONTH_DAYS) * (range ? range.days : MONTH_DAYS) : targets[name];
    if (metric.good === "none") return make("div", { class: "target" }, `budget ${written(goal, metric.unit)}`);
    const reached = metric.good === "down" ? value <= goal : value >= goal;
    const width = Math.min(goal ? value / goal : 1, 1) * 100;
    return make("div", { class: "target" }, `target ${written(goal, metric.unit)}: ${reached ? "met" : "missed"}`,
      make("span", { class: "bar" }, make("i", { style: `width:${Math.max(width, 0)}%`, class: reached ? null : "bad" })));
  }

  const widgets = {
    tiles(widget) {
      const cube = cubes[widget.dataset.query];
      const rows = rowsOf(widget);
      const range = before();
      const old = range && dayOf(cube) ? rowsOf(widget, range) : [];
      const days = dayOf(cube) ? daily(cube, rows) : [];
      widget.replaceChildren(...namesOf(widget).map((name) => {
        const value = figure(cube, name, rows);
        return make("article", { class: "tile", "data-metric": name, "data-value": value ?? "" },
          make("h3", {}, definition(name)),
          make("div", { class: "value" }, written(value, metrics[name].unit)),
          make("div", { class: "change" }, change(metrics[name], value, figure(cube, name, old))),
          spark(days.map((day) => ofDay(cube, name, day))),
          target(name, value),
          make("div", { class: "foot" }, qualityOf(name)));
      }));
    },

    lines(widget) {
      const cube = cubes[widget.dataset.query];
      const names = namesOf(widget);
      const groups = daily(cube, rowsOf(widget));
      if (!groups.length) { widget.replaceChildren(titled(widget), nothing()); return; }
      const lines = groups.map((group) => ({
        names: group.names, values: Object.fromEntries(names.map((name) => [name, ofDay(cube, name, group)])) }));
      plot(widget, {
        type: "line",
        data: {
          labels: lines.map((line) => line.names[0]),
          datasets: names.map((name, number) => ({
            label: metrics[name].label, data: lines.map((line) => line.values[name]), borderColor: color(number),
            backgroundColor: color(number), borderWidth: 1.8, pointRadius: lines.length < 15 ? 3 : 0, borderDash: [[], [6, 3], [2, 2]][number % 3], spanGaps: true })),
        },
        options: { scales: { y: { beginAtZero: true } } },
      }, figures(widget.dataset.title, ["day"], names, [...lines].reverse(), widget));
    },

    bars(widget) {
      const cube = cubes[widget.dataset.query];
      const names = namesOf(widget);
      const { by, split } = widget.dataset;
      const rows = rowsOf(widget);
      if (!rows.length) { widget.replaceChildren(titled(widget), nothing()); return; }
      const groups = grouped(cube, rows, [by])
        .map((group) => ({ ...group, size: figure(cube, names[0], group.rows) || 0 }))
        .sort((a, b) => b.size - a.size);
      const series = split ? grouped(cube, rows, [split]).map((part) => part.names[0]).sort() : names;
      const value = (group, part) => split
        ? figure(cube, names[0], group.rows.filter((row) => nameAt(cube, split, row) === part))
        : figure(cube, part, group.rows);
      const table = split
        ? figures(widget.dataset.title, [by, split], names, grouped(cube, rows, [by, split]).map((group) => ({
          names: group.names, values: { [names[0]]: figure(cube, names[0], group.rows) } })), widget)
        : figures(widget.dataset.title, [by], names, groups.map((group) => ({
          names: group.names, values: Object.fromEntries(names.map((name) => [name, figure(cube, name, group.rows)])) })), widget);
      plot(widget, {
        type: "bar",
        data: {
          labels: groups.map((group) => words(group.names[0])),
          datasets: series.map((part, number) => ({
            label: split ? words(part) : metrics[part].label, data: groups.map((group) => value(group, part)), backgroundColor: color(number) })),
        },
        options: { indexAxis: "y", interaction: { mode: "index", axis: "y", intersect: false }, scales: { x: { beginAtZero: true }, y: { ticks: { autoSkip: false } } } },
      }, table, Math.max(260, 80 + groups.length * (12 + 9 * series.length)));
    },

    table(widget) {
      const cube = cubes[widget.dataset.query];
      const names = namesOf(widget);
      const by = widget.dataset.by.split(" ");
      const lines = grouped(cube, rowsOf(widget), by).map((group) => ({
        names: group.names, values: Object.fromEntries(names.map((name) => [name, figure(cube, name, group.rows)])) }))
        .sort((a, b) => (b.values[names[0]] || 0) - (a.values[names[0]] || 0));
      const most = Number(widget.dataset.most || lines.length);
      widget.replaceChildren(...(lines.length ? [figures(widget.dataset.title, by, names, lines.slice(0, most), widget)] : [nothing()]));
      if (lines.length > most) widget.append(make("p", { class: "soft" }, `${lines.length - most} more.`));
      widget.append(origins(names));
    },

    pivot(widget) {
      const cube = cubes[widget.dataset.query];
      const [name] = namesOf(widget);
      const { by, across } = widget.dataset;
      const rows = rowsOf(widget);
      if (!rows.length) { widget.replaceChildren(nothing()); return; }
      const natural = (a, b) => a.localeCompare(b, "en", { numeric: true });
      const columns = grouped(cube, rows, [across]).map((part) => part.names[0]).sort(natural);
      const totals = Object.fromEntries(grouped(cube, rows, [across]).map((part) => [part.names[0], figure(cube, name, part.rows)]));
      const isShare = "share" in widget.dataset;
      const unit = isShare ? "share" : metrics[name].unit;
      const lines = grouped(cube, rows, [by]).sort((a, b) => natural(a.names[0], b.names[0])).map((group) => {
        const cells = columns.map((column) => {
          const found = group.rows.filter((row) => nameAt(cube, across, row) === column);
          const value = figure(cube, name, found);
          return isShare ? (totals[column] ? (value || 0) / totals[column] : null) : value;
        });
        const known = cells.filter((value) => value !== null);
        return { name: group.names[0], cells, spread: known.length ? Math.max(...known) - Math.min(...known) : null };
      });
      const spread = "spread" in widget.dataset;
      if (spread) lines.sort((a, b) => b.spread - a.spread);
      const table = make("table", {}, make("caption", { class: "hidden" }, widget.dataset.title),
        make("thead", {}, make("tr", {}, make("th", { scope: "col" }, headed(by)),
          ...columns.map((column) => make("th", { scope: "col", class: "number" }, words(column))),
          spread ? make("th", { scope: "col", class: "number" }, "Spread") : null)),
        make("tbody", {}, ...lines.map((line) => make("tr", {}, make("th", { scope: "row" }, words(by === "month" ? line.name.slice(0, 7) : line.name)),
          ...line.cells.map((value) => make("td", { class: "heat", style: `--share:${Math.min(value || 0, 1)}`, "data-value": value ?? "" }, value === null ? "" : written(value, unit))),
          spread ? make("td", { class: "number", "data-value": line.spread ?? "" }, written(line.spread, "share")) : null))));
      sortable(table, widget);
      widget.replaceChildren(table, origins(metrics[name].kind === "ratio" ? [name, metrics[name].numerator, metrics[name].denominator] : [name]));
    },

    funnel(widget) {
      const cube = cubes[widget.dataset.query];
      const rows = rowsOf(widget);
      if (!rows.length) { widget.replaceChildren(titled(widget), nothing()); return; }
      let last = null;
      const lines = namesOf(widget).map((name) => {
        const value = figure(cube, name, rows);
        const share = last ? value / last : null;
        last = value;
        return make("tr", {}, make("th", { scope: "row" }, definition(name)),
          make("td", { class: "number", "data-metric": name, "data-value": value ?? "" }, written(value, metrics[name].unit)),
          make("td", {}, share === null ? "" : `${written(share, "share")} of the step before`,
            share === null ? null : make("span", { class: "bar" }, make("i", { style: `width:${Math.min(share, 1) * 100}%` }))));
      });
      widget.replaceChildren(titled(widget), make("table", {}, make("caption", { class: "hidden" }, widget.dataset.title), make("tbody", {}, ...lines)), origins(namesOf(widget)));
    },

    pacing(widget) {
      const cube = cubes[widget.dataset.query];
      const [name] = namesOf(widget);
      const day = payload.newest_day;
      const month = day ? day.slice(0, 7) : null;
      const rows = rowsOf(widget).filter((row) => month && nameAt(cube, "day", row).startsWith(month));
      if (!rows.length) { widget.replaceChildren(titled(widget), nothing()); return; }
      const spent = figure(cube, name, rows);
      const elapsed = Number(day.slice(8));
      const days = new Date(Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)), 0)).getUTCDate();
      const goal = targets[name];
      widget.replaceChildren(titled(widget),
        make("p", {}, make("span", { class: "value", "data-metric": name, "data-value": spent }, written(spent, "money")), ` spent in ${month}, ${elapsed} of ${days} days`),
        make("p", { class: "soft" }, `At this pace the month ends at ${written((spent / elapsed) * days, "money")}.`),
        goal ? make("p", { class: "soft" }, `Budget ${written(goal, "money")}: ${written(spent / goal, "share")} spent, ${written(elapsed / days, "share")} of the month gone.`,
          make("span", { class: "bar" }, make("i", { style: `width:${Math.min(spent / goal, 1) * 100}%`, class: spent / goal > elapsed / days ? "bad" : null })))
          : make("p", { class: "soft" }, "No budget is declared (include/dashboards/targets.yml)."), origins([name]));
    },

    costs(widget) {
      const cube = cubes[widget.dataset.query];
      if (!cube.rows) { widget.replaceChildren(make("p", { class: "empty" }, "No cost was measured in the last 180 days.")); return; }
      const all = [...Array(cube.rows).keys()];
      const sum = (rows) => rows.reduce((total, row) => total + cube.columns.cost_usd[row], 0);
      const dollars = (value) => value.toLocaleString("en", { style: "currency", currency: "USD" });
      const days = grouped(cube, all, ["day"]).sort((a, b) => (a.names[0] < b.names[0] ? -1 : 1));
      const dags = grouped(cube, all, ["dag"]).map((group) => ({ name: group.names[0], cost: sum(group.rows) })).sort((a, b) => b.cost - a.cost);
      const table = make("table", {}, make("caption", { class: "hidden" }, "Cost by DAG"),
        make("thead", {}, make("tr", {}, make("th", {}, "DAG"), make("th", { class: "number" }, "Cost"))),
        make("tbody", {}, ...dags.map((dag) => make("tr", {}, make("th", { scope: "row" }, dag.name), make("td", { class: "number", "data-value": dag.cost }, dollars(dag.cost))))));
      plot(widget, { type: "bar", data: { labels: days.map((day) => day.names[0]), datasets: [{ label: "US dollars", data: days.map((day) => sum(day.rows)), backgroundColor: color(0) }] } }, table);
    },
  };

  // ── the page ───────────────────────────────────────────────────────────────────────────────────────
  function draw() {
    document.querySelectorAll("[data-widget]").forEach((widget) => widgets[widget.dataset.widget](widget));
  }

  function range(days) {
    if (!payload.newest_day) return;
    chosen.to = payload.newest_day;
    chosen.from = new Date(Date.parse(chosen.to) - (days - 1) * DAY_MS).toISOString().slice(0, 10);
  }

  function filters(form) {
    const redraw = () => { show(); draw(); };
    const inputs = {};
    const show = () => {
      form.querySelectorAll("button").forEach((button) => {
        const days = chosen.from ? (Date.parse(chosen.to) - Date.parse(chosen.from)) / DAY_MS + 1 : 0;
        button.setAttribute("aria-pressed", String(days === Number(button.value) && chosen.to === payload.newest_day));
      });
      for (const [side, input] of Object.entries(inputs)) input.value = chosen[side] || "";
    };
    form.addEventListener("submit", (event) => event.preventDefault());
    if ("range" in form.dataset) {
      for (const days of [7, 28, 90, 180]) {
        const button = make("button", { type: "button", value: days }, `${days} days`);
        button.addEventListener("click", () => { range(days); redraw(); });
        form.append(button);
      }
      for (const side of ["from", "to"]) {
        const input = make("input", { type: "date" });
        inputs[side] = input;
        input.addEventListener("change", () => {
          if (!input.value) return;
          chosen[side] = input.value;
          if (chosen.from > chosen.to) chosen[side === "from" ? "to" : "from"] = input.value;
          redraw();
        });
        form.append(make("label", {}, side === "from" ? "From" : "To", input));
      }
    }
    const choices = [...(form.dataset.one || "").split(" ").map((name) => [name, false]), ...(form.dataset.any || "").split(" ").map((name) => [name, true])];
    for (const [name, isAny] of choices.filter(([name]) => name)) {
      const column = cubes[form.dataset.query].columns[name];
      const options = column ? column.names : [];
      const select = make("select", {}, ...(isAny ? [make("option", { value: "" }, "all")] : []),
        ...options.map((option) => make("option", { value: option }, words(option))));
      if (!isAny) chosen.values[name] = select.value;
      select.addEventListener("change", () => { chosen.values[name] = select.value; redraw(); });
      form.append(make("label", {}, headed(name), select));
    }
    show();
  }

  // Gold has the day before from its deadline on; before it, the day before that.
  function freshness() {
    const line = document.getElementById("freshness");
    const expected = new Date(Date.now() - payload.deadline_hour * 3600000 - DAY_MS).toISOString().slice(0, 10);
    if (!payload.newest_day) line.append(make("span", { class: "stale" }, " · nothing has been built yet"));
    else if (payload.newest_day < expected) line.append(make("span", { class: "stale" }, ` · stale: ${expected} is missing`));
  }

  if (document.querySelector("[data-range]")) range(28);
  document.querySelectorAll("form.filters").forEach(filters);
  document.querySelectorAll("table.sortable").forEach((table) => sortable(table, table));
  freshness();
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  addEventListener("beforeprint", () => { document.documentElement.dataset.theme = "light"; draw(); });
  addEventListener("afterprint", () => { delete document.documentElement.dataset.theme; draw(); });
})();
