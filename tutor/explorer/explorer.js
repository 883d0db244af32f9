// Second half of the explorer's script: search, choice, table, analogy, events.
// Each output carries its own copy; a copy starts every explorer that has not started.
const element = (tag, text, className) => {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text; // never innerHTML: keys are data
  if (className) made.className = className;
  return made;
};
const fold = (name) => name.normalize("NFC").toLowerCase();

class Explorer extends PointMap {
  constructor(root) {
    const data = JSON.parse(root.querySelector(".ex-data").textContent);
    root.querySelector(".ex-live").hidden = false; // first, for the map to have a size
    super(root, data);
    this.folded = this.names.map(fold);
    this.rowsShown = 50;
    this.get(".ex-table").open = false;
    this.listen();
    this.listenToMouse();
    if (data.analogy) this.startAnalogy(data.analogy);
  }

  // --- searching, choosing, resetting -------------------------------------------------
  search() {
    const wanted = fold(this.get(".ex-find").value.trim());
    this.matches = [];
    if (wanted) this.folded.forEach((name, i) => { if (name.includes(wanted)) this.matches.push(i); });
    this.get(".ex-count").textContent = wanted
      ? `${this.matches.length.toLocaleString("en")} of ${this.names.length.toLocaleString("en")} found` : "";
    this.rowsShown = 50;
    this.fillTable();
    this.draw();
  }
  choose(i) {
    this.chosen = this.at = i;
    this.arrows = [];
    const list = this.get(".ex-near");
    this.get(".ex-chosen").textContent = this.names[i];
    list.replaceChildren(...this.neighboursOf(i).map(({ row, cosine }) => {
      const item = element("li"), button = element("button");
      button.type = "button";
      button.append(element("bdi", this.names[row]));
      button.addEventListener("click", () => { this.choose(row); this.get(".ex-near button")?.focus(); });
      item.append(button, " " + cosine);
      return item;
    }));
    this.bringIntoView(i);
    const best = this.neighboursOf(i).slice(0, 3).map((n) => apart(this.names[n.row]));
    this.say(`${apart(this.names[i])} chosen. Nearest: ${best.join(", ") || "no other point"}.`);
    this.draw();
  }
  say(text) { this.get(".ex-say").textContent = text; }
  reset() {
    this.get(".ex-find").value = "";
    this.get(".ex-chosen").textContent = "the point you choose";
    this.get(".ex-near").replaceChildren();
    this.at = this.chosen = -1;
    this.arrows = [];
    this.fit();
    this.say("");
    this.search();
  }
  walk(dx, dy) { // to the nearest point in this quarter of the compass
    let [best, least] = [-1, Infinity];
    const [x0, y0] = this.at < 0 ? [this.view.x, this.view.y] : this.xy.slice(2 * this.at, 2 * this.at + 2);
    for (let i = 0; i < this.names.length; i++) {
      const x = this.xy[2 * i] - x0, y = this.xy[2 * i + 1] - y0;
      const along = x * dx + y * dy, across = Math.abs(x * dy) + Math.abs(y * dx);
      const distance = x * x + y * y;
      if (i === this.at || (this.at >= 0 && (along <= 0 || across > along)) || distance >= least) continue;
      [best, least] = [i, distance];
    }
    if (best < 0) return this.say("No point further that way.");
    this.at = best;
    this.bringIntoView(best);
    const group = this.groups ? `, ${this.groups[this.group[best]]}` : "";
    this.say(`${apart(this.names[best])}${group}`);
    this.draw();
  }

  // --- table --------------------------------------------------------------------------
  fillTable() {
    if (!this.get(".ex-table").open) return;
    const searching = this.get(".ex-find").value.trim() !== "";
    const rows = searching ? this.matches : [...this.names.keys()];
    this.get(".ex-rows").replaceChildren(...rows.slice(0, this.rowsShown).map((i) => this.tableRow(i)));
    const shown = Math.min(this.rowsShown, rows.length).toLocaleString("en");
    this.get(".ex-part").textContent =
      `${shown} of ${rows.length.toLocaleString("en")} ${searching ? "matching " : ""}rows shown.`;
    this.get(".ex-more").hidden = rows.length <= this.rowsShown;
  }
  tableRow(i) {
    const row = element("tr"), head = element("th");
    head.scope = "row";
    head.append(element("bdi", this.names[i]));
    row.append(head);
    if (this.groups) row.append(element("td", this.groups[this.group[i]]));
    row.append(element("td", Math.round(this.xy[2 * i] / 99.99)), element("td", Math.round(this.xy[2 * i + 1] / 99.99)));
    const cell = element("td");
    this.neighboursOf(i).forEach(({ row: other, cosine }, j) => {
      cell.append(j ? " · " : "", element("bdi", this.names[other]), " " + cosine);
    });
    row.append(cell);
    return row;
  }

  // --- analogy: the nearest row to b - a + c (3CosAdd), on 8-bit vectors ----------------
  startAnalogy({ rows, dim, vectors }) {
    this.known = rows;
    this.dim = dim;
    const packed = int8(vectors);
    this.unit = rows.map((_, i) => {
      const row = Array.from(packed.subarray(i * dim, (i + 1) * dim));
      const length = Math.hypot(...row) || 1;
      return row.map((v) => v / length);
    });
    const list = element("datalist");
    list.id = `tutor-explorer-${document.querySelectorAll("datalist").length}-names`;
    list.append(...rows.map((i) => { const o = element("option"); o.value = this.names[i]; return o; }));
    this.root.append(list);
    const form = this.get(".ex-analogy");
    for (const name of "abc") form.elements[name].setAttribute("list", list.id);
    form.addEventListener("input", () => this.answer(true));
    form.addEventListener("submit", (event) => { event.preventDefault(); this.answer(true); });
    this.answer(false);
  }
  find(name) { // position in this.known: exact spelling first, then any case
    const exact = this.known.findIndex((i) => this.names[i] === name);
    return exact >= 0 ? exact : this.known.findIndex((i) => this.folded[i] === fold(name));
  }
  answer(show) {
    const fields = this.get(".ex-analogy").elements, output = this.get(".ex-answer");
    const words = [..."abc"].map((name) => fields[name].value.trim());
    const asked = words.map((word) => this.find(word));
    this.arrows = [];
    const unknown = words.find((word, i) => word && asked[i] < 0);
    if (unknown) output.textContent = `? (${apart(unknown)} is not in this box)`;
    else if (words.includes("")) output.textContent = "…";
    else {
      const [a, b, c] = asked.map((i) => this.unit[i]);
      const goal = a.map((_, j) => b[j] - a[j] + c[j]);
      const best = this.unit
        .map((row, i) => ({ i, score: row.reduce((sum, v, j) => sum + v * goal[j], 0) }))
        .filter(({ i }) => fields.inputs.checked || !asked.includes(i))
        .sort((p, q) => q.score - p.score || p.i - q.i).slice(0, 3);
      output.textContent = best.map(({ i, score }) => `${apart(this.names[this.known[i]])} ${score.toFixed(2)}`).join(", ");
      const [from, to, second] = asked.map((i) => this.known[i]);
      if (show && best.length) this.arrows = [[from, to], [second, this.known[best[0].i]]];
    }
    if (show) this.draw();
  }

  // --- events ---------------------------------------------------------------------------
  listen() {
    const on = (selector, type, act) => this.get(selector).addEventListener(type, act);
    on(".ex-find", "input", () => this.search());
    on(".ex-find", "keydown", (event) => {
      if (event.key === "Escape") this.reset();
      if (event.key !== "Enter" || !this.matches.length) return;
      const wanted = fold(event.target.value.trim());
      this.choose(this.matches.find((i) => this.folded[i] === wanted) ?? this.matches[0]);
    });
    on(".ex-in", "click", () => this.zoomBy(1.5));
    on(".ex-out", "click", () => this.zoomBy(1 / 1.5));
    on(".ex-reset", "click", () => this.reset());
    on(".ex-table", "toggle", () => this.fillTable());
    on(".ex-more", "click", () => { this.rowsShown += 50; this.fillTable(); });
    const keys = {
      ArrowRight: () => this.walk(1, 0), ArrowLeft: () => this.walk(-1, 0),
      ArrowUp: () => this.walk(0, 1), ArrowDown: () => this.walk(0, -1),
      Enter: () => this.at >= 0 && this.choose(this.at), " ": () => this.at >= 0 && this.choose(this.at),
      "+": () => this.zoomBy(1.5), "=": () => this.zoomBy(1.5), "-": () => this.zoomBy(1 / 1.5),
      Escape: () => this.reset(),
    };
    on(".ex-map", "keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
      event.preventDefault();
      event.stopPropagation(); // a notebook has its own use for some of these keys
      keys[event.key]();
    });
    const recolour = () => { this.readColours(); this.draw(); };
    const watcher = new MutationObserver(recolour);
    for (const node of [document.documentElement, document.body]) watcher.observe(node, { attributes: true });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  }
  listenToMouse() {
    let drag = null;
    const on = (type, act, options) => this.canvas.addEventListener(type, act, options);
    const spot = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    on("pointerdown", (event) => {
      drag = { x: event.clientX, y: event.clientY, moved: false };
      this.canvas.setPointerCapture(event.pointerId);
    });
    on("pointermove", (event) => {
      const [dx, dy] = drag ? [event.clientX - drag.x, event.clientY - drag.y] : [0, 0];
      if (drag && (drag.moved || Math.hypot(dx, dy) > 4)) {
        this.view.x -= dx / this.scale();
        this.view.y += dy / this.scale();
        drag = { x: event.clientX, y: event.clientY, moved: true };
      } else this.at = this.pointAt(...spot(event), 14);
      this.draw();
    });
    on("pointerup", (event) => {
      const point = this.pointAt(...spot(event), event.pointerType === "touch" ? 24 : 14);
      if (drag && !drag.moved && point >= 0) this.choose(point);
      drag = null;
    });
    on("pointercancel", () => { drag = null; });
    on("pointerleave", () => { this.at = -1; this.draw(); });
    on("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // plain scrolling belongs to the page
      event.preventDefault();
      this.zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2, ...spot(event));
    }, { passive: false });
  }
}

for (const root of document.querySelectorAll(".tutor-explorer:not([data-ready])")) {
  root.dataset.ready = "yes";
  root.explorer = new Explorer(root);
}
