"use strict";
// The live page of camunda-client's status port. Everything it shows goes in as text, never as HTML:
// job types and element ids are whatever somebody has put into a model.

const KEEP = 600;
const byId = (id) => document.getElementById(id);
let points = [];

// -- numbers as people read them ------------------------------------------------------------------------------------
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const number = (value) => (value === null || value === undefined ? "–" : Math.abs(value) >= 1000 ? whole.format(value) : short.format(value));

function seconds(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size < 1) return `${whole.format(value * 1000)} ms`;
  if (size < 120) return `${short.format(value)} s`;
  if (size < 7200) return `${whole.format(value / 60)} min`;
  return `${short.format(value / 3600)} h`;
}

function element(name, { text, className, ...attributes } = {}, ...children) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Only what differs is written: a screen reader, a selection and a scroll position stay where they are.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// -- tables ---------------------------------------------------------------------------------------------------------
class Table {
  // columns: {title, value(row), show(value, row), number, mark(row)}; key(row) names a row.
  constructor(root, columns, key, sorted, action) {
    Object.assign(this, { columns, key, action, rows: [], sorted, down: true });
    this.body = root.querySelector("tbody");
    this.known = new Map();
    const head = element("tr");
    columns.forEach((column, index) => {
      const button = element("button", { text: column.title, type: "button" });
      button.addEventListener("click", () => this.sortBy(index));
      head.append(element("th", { scope: "col", className: column.number ? "number" : "" }, button));
    });
    if (action) head.append(element("th", { scope: "col", text: action.title }));
    root.querySelector("thead").append(head);
    this.head = head;
    this.markSorted();
  }

  sortBy(index) {
    this.down = this.sorted === index ? !this.down : Boolean(this.columns[index].number);
    this.sorted = index;
    this.markSorted();
    this.show(this.rows);
  }

  markSorted() {
    [...this.head.children].forEach((cell, index) => {
      if (index === this.sorted) cell.setAttribute("aria-sort", this.down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
  }

  show(rows) {
    this.rows = rows;
    const { value } = this.columns[this.sorted];
    const ordered = [...rows].sort((one, other) => {
      const [a, b] = [value(one) ?? -Infinity, value(other) ?? -Infinity];
      return (a < b ? -1 : a > b ? 1 : 0) * (this.down ? -1 : 1);
    });
    const left = new Set(this.known.keys());
    ordered.forEach((row, position) => {
      const key = this.key(row);
      left.delete(key);
      const line = this.known.get(key) ?? this.add(key);
      line.row = row;
      this.fill(line.cells, row);
      if (this.body.children[position] !== line.node) this.body.insertBefore(line.node, this.body.children[position] ?? null);
    });
    for (const key of left) {
      this.known.get(key).node.remove();
      this.known.delete(key);
    }
  }

  add(key) {
    const cells = this.columns.map((column, index) =>
      element(index === 0 ? "th" : "td", index === 0 ? { scope: "row" } : { className: column.number ? "number" : "" }));
    const line = { cells, node: element("tr", {}, ...cells) };
    if (this.action) {
      const button = element("button", { text: this.action.text, type: "button", "aria-label": this.action.label(key) });
      button.addEventListener("click", () => this.action.run(line.row));
      line.node.append(element("td", {}, button));
    }
    this.known.set(key, line);
    return line;
  }

  fill(cells, row) {
    this.columns.forEach((column, index) => {
      const value = column.value(row);
      setText(cells[index], column.show ? column.show(value, row) : String(value ?? "–"));
      if (column.mark) {
        const mark = column.mark(row);
        cells[index].classList.toggle("bad", mark === "bad");
        cells[index].classList.toggle("warn", mark === "warn");
      }
    });
  }
}

// The whole path is in the dialog.
const place = (text) => text.replace(/^.*\/([^/]*\/[^/]*:\d+)/, "$1");

const column = (title, value, show, more = {}) => ({ title, value, show, number: true, ...more });

const spread = (times) => (times.p50 === null ? "–" : [times.p50, times.p95, times.p99].map(seconds).join(" / "));

// Which handler holds up a process, and where it stands.
function culprit(blocked) {
  if (!blocked) return "–";
  const where = blocked.stack ? ` at ${place(blocked.stack.at(-1))}` : "";
  return `${blocked.handler ?? "not known"}${where}, ${seconds(blocked.blocked_s)}`;
}

function stateOf(type) {
  const words = [];
  if (type.stuck) words.push(`${type.stuck} stuck`);
  if (type.trouble) words.push(type.trouble === "overload" ? "back-pressure" : `polls fail: ${type.trouble}`);
  if (!type.alive && !words.length) words.push(type.polled_s_ago === null ? "first poll runs" : "not polling");
  if (type.state !== "running") words.unshift(type.state);
  return words.join(", ") || "polling";
}

const types = new Table(byId("types"), [
  column("Job type", (type) => type.job_type, undefined, { number: false }),
  column("State", stateOf, undefined, { number: false, mark: (type) => (!type.alive ? "bad" : stateOf(type) !== "polling" ? "warn" : "") }),
  column("Jobs/s", (type) => type.rate, number),
  column("In flight", (type) => type.in_flight, (value, type) => `${number(value)} of ${number(type.cap)}`),
  column("Handlers p50 / p95 / p99", (type) => type.handler.p95, (value, type) => spread(type.handler)),
  column("Waits p50 / p95 / p99", (type) => type.wait.p95, (value, type) => spread(type.wait)),
  column("Completed", (type) => type.completed, number),
  column("Failed", (type) => type.failed, number, { mark: (type) => (type.failed ? "warn" : "") }),
  column("BPMN errors", (type) => type.errors_thrown, number),
  column("Report retries", (type) => type.report_retries, number),
  column("Least lease left", (type) => type.least_slack_s, seconds, { mark: (type) => (type.least_slack_s === 0 ? "bad" : "") }),
  column("Leases lost", (type) => type.lease_lost, number, { mark: (type) => (type.lease_lost ? "bad" : "") }),
  column("Last poll", (type) => type.polled_s_ago, (value) => (value === null ? "none yet" : `${seconds(value)} ago`)),
], (type) => type.job_type, 2);

const jobs = new Table(byId("jobs"), [
  column("Job", (job) => job.job_key, undefined, { number: false }),
  column("Type", (job) => job.job_type, undefined, { number: false }),
  column("Element", (job) => job.element_id, undefined, { number: false }),
  column("Handler", (job) => job.handler, undefined, { number: false }),
  column("Stage", (job) => (job.stuck ? "stuck" : job.stage), undefined, { number: false, mark: (job) => (job.stuck ? "bad" : "") }),
  column("Age", (job) => job.age_s, seconds),
  column("Lease left", (job) => job.lease_left_s, seconds, { mark: (job) => (job.lease_left_s <= 0 ? "bad" : "") }),
  column("Stands at", (job) => place(job.stack.at(-1) ?? ""), undefined, { number: false }),
], (job) => job.job_key, 5, { title: "Stack", text: "Stack", label: (key) => `Stack of job ${key}`, run: (job) => showJob(job.job_key) });

const processes = new Table(byId("processes"), [
  column("Process", (one) => one.process, String, { number: false }),
  column("State", (one) => one.state, undefined, { number: false, mark: (one) => (one.alive ? "" : ["running", "silent", "blocked"].includes(one.state) ? "bad" : "warn") }),
  column("Blocked by", (one) => culprit(one.blocked_by), undefined, { number: false }),
  column("Pid", (one) => one.pid, (value) => String(value ?? "–")),
  column("Jobs in hand", (one) => one.in_flight, number),
  column("Stuck handlers", (one) => one.stuck, number),
  column("Camunda has a leader", (one) => (one.leader === undefined || one.leader === null ? "unknown" : one.leader ? "yes" : "no"), undefined, { number: false }),
  column("Last heard", (one) => one.silent_s, (value) => (value === undefined ? "–" : `${seconds(value)} ago`)),
  column("Deaths", (one) => one.deaths ?? 0, number),
  // Those of run_in="process"; only where there are any to die.
  column("Children died", (one) => one.children_died, (value) => (value === undefined ? "–" : number(value)), { mark: (one) => (one.children_died ? "warn" : "") }),
], (one) => String(one.process), 0);
processes.down = false;
processes.markSorted();

// -- one job --------------------------------------------------------------------------------------------------------
async function showJob(key) {
  const answer = await fetch(`/jobs/${encodeURIComponent(key)}`);
  const job = await answer.json();
  byId("job-title").textContent = `Job ${key}`;
  const facts = byId("job-facts");
  facts.replaceChildren();
  byId("job-stack").replaceChildren(...(job.stack ?? []).map((place) => element("li", { text: place })));
  for (const id of ["job-variables-title", "job-variables"]) byId(id).hidden = !job.variables;
  byId("job-variables").textContent = job.variables ? JSON.stringify(job.variables, null, 2) : "";
  const shown = answer.ok
    ? { "Job type": job.job_type, Process: job.process_definition_id, Instance: job.process_instance_key, Element: job.element_id,
        Handler: job.handler, Stage: job.stuck ? "stuck: it should have ended long ago" : job.stage, Age: seconds(job.age_s), "Lease left": seconds(job.lease_left_s), "Worker process": job.process }
    : { "It has ended": job.error };
  for (const [name, value] of Object.entries(shown)) facts.append(element("dt", { text: name }), element("dd", { text: String(value) }));
  if (!byId("job").open) byId("job").showModal();
}

// -- charts ---------------------------------------------------------------------------------------------------------
const SVG = "http://www.w3.org/2000/svg";
function drawn(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

class Chart {
  constructor(title, lines, show) {
    Object.assign(this, { title, lines, show });
    this.svg = drawn("svg", { viewBox: "0 0 600 100", preserveAspectRatio: "none", role: "img", "aria-label": `${title}: nothing yet` });
    for (const y of [0, 50, 100]) this.svg.append(drawn("path", { class: "grid", d: `M0 ${y}H600` }));
    this.paths = lines.map((line, index) => drawn("path", { class: `line${index + 1}` }));
    this.svg.append(...this.paths);
    this.top = element("span");
    this.since = element("span");
    this.values = lines.map(() => element("span"));
    const keys = lines.map((line, index) => {
      const sample = drawn("svg", { viewBox: "0 0 24 8", "aria-hidden": "true" });
      sample.append(drawn("path", { class: `line${index + 1}`, d: "M0 4H24" }));
      return element("span", { className: "key" }, sample, `${line.title} `, this.values[index]);
    });
    const scale = element("div", { className: "scale", "aria-hidden": "true" }, this.since, this.top);
    byId("charts").append(element("figure", {}, element("figcaption", {}, element("strong", { text: title })), scale, this.svg, element("figcaption", {}, ...keys)));
  }

  draw() {
    const all = points.flatMap((point) => this.lines.map((line) => point[line.name] ?? 0));
    const top = nice(Math.max(...all, 0));
    const last = points.at(-1);
    if (!last) return;
    this.paths.forEach((path, index) => path.setAttribute("d", this.path(this.lines[index].name, top, last.at_s)));
    setText(this.top, `top: ${this.show(top)}`);
    setText(this.since, `${seconds(Math.max(last.at_s - points[0].at_s, 0))} ago … now`);
    this.values.forEach((node, index) => setText(node, this.show(last[this.lines[index].name])));
    const told = this.lines.map((line) => `${line.title} ${this.show(last[line.name])}`).join(", ");
    this.svg.setAttribute("aria-label", `${this.title}: now ${told}; scale up to ${this.show(top)}`);
  }

  path(name, top, now) {
    const span = Math.max(now - points[0].at_s, 1);
    let pen = "M";
    let text = "";
    for (const point of points) {
      if (point[name] === null) { pen = "M"; continue; }
      text += `${pen}${(600 - ((now - point.at_s) / span) * 600).toFixed(1)} ${(100 - (point[name] / top) * 100).toFixed(1)}`;
      pen = "L";
    }
    return text;
  }
}

function nice(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value);
}

const charts = [
  new Chart("Jobs a second", [{ name: "completed", title: "completed" }, { name: "failed", title: "failed or BPMN error" }], number),
  new Chart("Jobs in flight", [{ name: "in_flight", title: "in flight" }], number),
  new Chart("Time of handlers", [{ name: "p50", title: "p50" }, { name: "p95", title: "p95" }, { name: "p99", title: "p99" }], seconds),
  new Chart("Waits for a start", [{ name: "wait_p50", title: "p50" }, { name: "wait_p95", title: "p95" }, { name: "wait_p99", title: "p99" }], seconds),
];

// -- the rest -------------------------------------------------------------------------------------------------------
const tiles = new Map();
function tile(title, text) {
  if (!tiles.has(title)) {
    const value = element("dd");
    tiles.set(title, value);
    byId("tiles").append(element("div", {}, element("dt", { text: title }), value));
  }
  setText(tiles.get(title), text);
}

function showTiles(now) {
  const last = points.at(-1) ?? {};
  const sum = (name) => now.types.reduce((total, type) => total + type[name], 0);
  tile("Jobs a second", number(last.completed));
  tile("In flight", number(sum("in_flight")));
  tile("Handlers, p95", seconds(last.p95));
  tile("Waits, p95", seconds(last.wait_p95));
  tile("Completed", number(sum("completed")));
  tile("Failed", number(sum("failed")));
  tile("Leases lost", number(sum("lease_lost")));
  tile("Processes alive", `${now.processes.filter((one) => one.alive).length} of ${now.processes.length}`);
}

function troubleOf(one) {
  if (one.state === "blocked") return `process ${one.process} is blocked by ${culprit(one.blocked_by)}`;
  return `process ${one.process} is ${one.state === "running" ? "not well" : one.state}`;
}

function showState(now) {
  const failing = now.types.filter((type) => !type.alive && type.polled_s_ago !== null).map((type) => type.job_type);
  const troubles = now.processes.filter((one) => !one.alive).map(troubleOf);
  const stuck = now.jobs.filter((job) => job.stuck).map((job) => job.handler);
  if (stuck.length) troubles.push(`stuck: ${[...new Set(stuck)].join(", ")}`);
  if (failing.length) troubles.push(`${failing.length} of ${now.types.length} job types do not poll`);
  if (now.processes.some((one) => one.leader === false)) troubles.push("Camunda has no leader");
  const text = troubles.length ? `Attention: ${troubles.join("; ")}` : "All well";
  const state = byId("state");
  setText(state, text);
  state.className = troubles.length ? "bad" : "good";
  setText(byId("updated"), `Updated ${new Date(now.at * 1000).toLocaleTimeString()}`);
  document.title = `${troubles.length ? "(!) " : ""}Workers · c8-client`;
}

let eventsShown = "";
function showEvents(events) {
  const same = JSON.stringify(events);
  if (same === eventsShown) return;
  eventsShown = same;
  byId("events").replaceChildren(...[...events].reverse().map((event) => {
    const { at, level, event: name, stack, place: crashed, remedy, ...fields } = event;
    const told = Object.entries(fields).filter(([, value]) => value !== null).map(([key, value]) => `${key}=${value}`).join(" ");
    const line = element("li", { className: level }, element("time", { text: new Date(at * 1000).toLocaleTimeString() }), ` ${level} `, element("strong", { text: name }), ` ${told}`);
    if (remedy) line.append(element("span", { className: "stack", text: `What to do: ${remedy}` }));
    for (const place of stack ?? crashed ?? []) line.append(element("span", { className: "stack", text: place }));
    return line;
  }));
  if (!events.length) byId("events").append(element("li", { text: "none so far" }));
}

function show(now) {
  const newest = points.at(-1)?.at_s ?? -Infinity;
  points.push(...now.points.filter((point) => point.at_s > newest));
  points = points.slice(-KEEP);
  showState(now);
  showTiles(now);
  charts.forEach((chart) => chart.draw());
  types.show(now.types);
  jobs.show(now.jobs);
  const shown = now.count > now.jobs.length ? `The ${now.jobs.length} oldest of ${number(now.count)}.` : `${number(now.count)} in all.`;
  const silent = now.unheard.map((one) => ` Process ${one} does not answer: its jobs are not listed.`);
  setText(byId("jobs-hint"), shown + silent.join(""));
  showEvents(now.events);
  processes.show(now.processes);
}

function connect() {
  const source = new EventSource("/events");
  source.addEventListener("history", (message) => { points = JSON.parse(message.data).points; });
  source.addEventListener("now", (message) => show(JSON.parse(message.data)));
  source.addEventListener("error", () => {
    const state = byId("state");
    setText(state, "No connection to the worker: what is shown is old. Trying again …");
    state.className = "bad";
  });
}

const theme = byId("theme");
function applyTheme() {
  if (theme.value) document.documentElement.dataset.theme = theme.value;
  else delete document.documentElement.dataset.theme;
}
try {
  theme.value = localStorage.getItem("theme") ?? "";
} catch { /* storage is switched off: the choice lasts as long as the page */ }
theme.addEventListener("change", () => {
  applyTheme();
  try { localStorage.setItem("theme", theme.value); } catch { /* as above */ }
});
applyTheme();
connect();
