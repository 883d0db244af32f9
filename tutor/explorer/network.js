// Third part, only for a network: lines between points, and what they lead to.
class Lines {
  constructor(explorer, { pairs, count, weights, low, high }) {
    this.explorer = explorer;
    const rows = uint12(pairs), hundredths = int8(weights);
    this.edges = Array.from({ length: count }, (_, i) => (
      { ends: [rows[2 * i], rows[2 * i + 1]], weight: hundredths[i] }));
    this.slider = explorer.get(".ex-threshold");
    this.steps = explorer.get(".ex-steps");
    Object.assign(this.slider, { min: low, max: high, step: 1, value: low });
    this.takeOver();
    this.slider.addEventListener("input", () => this.sift());
    this.steps.addEventListener("change", () => this.sift());
    this.sift();
  }
  takeOver() { // the explorer lists what is joined, and draws lines under the dots
    const explorer = this.explorer;
    const [draw, dot, choose] = ["draw", "dot", "choose"].map((name) => explorer[name].bind(explorer));
    let first = false; // of a frame: lines are drawn before its first dot
    explorer.draw = () => { first = true; draw(); };
    explorer.dot = (...point) => {
      if (first) { first = false; this.draw(); }
      dot(...point);
    };
    explorer.choose = (i) => { choose(i); this.tell(i); };
    explorer.neighboursOf = (i) => this.joined[i];
  }
  sift() { // keep the lines that weigh enough
    const least = Number(this.slider.value);
    const joined = this.explorer.names.map(() => []);
    this.kept = this.edges.filter(({ weight }) => weight >= least);
    for (const { ends: [a, b], weight } of this.kept) {
      joined[a].push({ row: b, weight, cosine: (weight / 100).toFixed(2) });
      joined[b].push({ row: a, weight, cosine: (weight / 100).toFixed(2) });
    }
    for (const list of joined) list.sort((p, q) => q.weight - p.weight || p.row - q.row);
    this.joined = joined;
    const found = `${(least / 100).toFixed(2)}: ${this.kept.length.toLocaleString("en")} lines`;
    this.explorer.get(".ex-lines").textContent = found;
    this.slider.setAttribute("aria-valuetext", found);
    this.explorer.fillTable();
    if (this.explorer.chosen >= 0) this.explorer.choose(this.explorer.chosen);
    else this.explorer.draw();
  }
  reached(start) { // row -> steps from the start, as far as the choice of steps allows
    const away = new Map(start < 0 ? [] : [[start, 0]]);
    for (const [row, steps] of away) { // a Map walks over what is added on the way
      if (steps === Number(this.steps.value)) continue;
      for (const { row: next } of this.joined[row]) if (!away.has(next)) away.set(next, steps + 1);
    }
    return away;
  }
  tell(i) {
    const count = this.reached(i).size - 1, steps = Number(this.steps.value);
    const best = this.joined[i].slice(0, 3).map(({ row }) => apart(this.explorer.names[row]));
    this.explorer.say(`${apart(this.explorer.names[i])} chosen. Connected to: ${best.join(", ") || "no other point"}; `
      + `${count} within ${steps} ${steps === 1 ? "step" : "steps"}.`);
  }
  draw() {
    const { pen, colour, chosen } = this.explorer, away = this.reached(chosen);
    const alpha = pen.globalAlpha;
    for (const { ends } of this.kept) {
      const near = ends.every((end) => away.has(end));
      const [[x0, y0], [x1, y1]] = ends.map((end) => this.explorer.place(end));
      pen.globalAlpha = near ? 1 : chosen < 0 ? 0.8 : 0.45;
      pen.beginPath();
      pen.moveTo(x0, y0);
      pen.lineTo(x1, y1);
      pen.lineWidth = near ? 2 : 1;
      pen.strokeStyle = near ? colour.mark : colour.line;
      pen.stroke();
    }
    pen.globalAlpha = alpha;
  }
}
for (const root of document.querySelectorAll(".tutor-explorer:not([data-lines])")) {
  if (!root.querySelector(".ex-threshold")) continue;
  root.dataset.lines = "yes";
  new Lines(root.explorer, JSON.parse(root.querySelector(".ex-edges").textContent));
}
