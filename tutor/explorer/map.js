// First half of the explorer's script: data, view and drawing. explorer.js follows in
// the same function. No library, no request to any server.
"use strict";

// --- data: base64 of little-endian numbers ------------------------------------------
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const int8 = (text) => new Int8Array(bytes(text).buffer);
const uint16 = (text) => {
  const view = new DataView(bytes(text).buffer);
  return Uint16Array.from({ length: view.byteLength / 2 }, (_, i) => view.getUint16(2 * i, true));
};
const uint12 = (text) => { // two numbers in three bytes
  const b = bytes(text);
  return Uint16Array.from({ length: (2 * b.length) / 3 }, (_, i) => {
    const j = 3 * (i >> 1);
    return i % 2 ? (b[j + 1] >> 4) | (b[j + 2] << 4) : b[j] | ((b[j + 1] & 15) << 8);
  });
};
const apart = (name) => "\u2068" + name + "\u2069"; // isolates the writing direction

class PointMap {
  constructor(root, data) {
    this.root = root;
    this.names = data.names;
    this.xy = uint16(data.xy);
    this.span = [0, 1].map((axis) => {
      const values = this.xy.filter((_, i) => i % 2 === axis);
      return Math.max(...values) - Math.min(...values) || 1;
    });
    this.k = data.k;
    this.near = uint12(data.near);
    this.cosine = int8(data.cosine); // hundredths
    this.groups = data.groups; // names of groups, or null
    this.group = data.groups ? bytes(data.group) : null;
    this.canvas = this.get(".ex-map");
    this.pen = this.canvas.getContext("2d");
    this.at = this.chosen = -1; // the point under attention, and the chosen one
    this.matches = []; // points that the search found
    this.arrows = []; // pairs of points: the two sides of an analogy
    this.readColours();
    this.fit();
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    this.resize();
  }

  get(selector) { return this.root.querySelector(selector); }
  neighboursOf(i) {
    return Array.from({ length: this.k }, (_, j) => (
      { row: this.near[i * this.k + j], cosine: (this.cosine[i * this.k + j] / 100).toFixed(2) }));
  }

  // --- view: world coordinates 0..9999, y upwards -------------------------------------
  fit() { this.view = { x: 4999.5, y: 4999.5, zoom: 1 }; } // the map is centred there
  scale() { // pixels a unit: all points fit, and both axes share one scale
    const [wide, high] = this.span;
    return this.view.zoom * Math.max(1e-3, Math.min((this.width - 48) / wide, (this.height - 48) / high));
  }
  place(i) {
    const s = this.scale();
    return [(this.xy[2 * i] - this.view.x) * s + this.width / 2,
            (this.view.y - this.xy[2 * i + 1]) * s + this.height / 2];
  }
  inside([x, y], margin = 0) {
    return x >= margin && y >= margin && x <= this.width - margin && y <= this.height - margin;
  }
  zoomBy(factor, x = this.width / 2, y = this.height / 2) {
    const before = this.scale();
    this.view.zoom = Math.min(80, Math.max(0.5, this.view.zoom * factor));
    const after = this.scale(); // the world point under (x, y) stays where it is
    this.view.x += (x - this.width / 2) * (1 / before - 1 / after);
    this.view.y -= (y - this.height / 2) * (1 / before - 1 / after);
    this.draw();
  }
  bringIntoView(i) {
    if (this.inside(this.place(i), 12)) return;
    [this.view.x, this.view.y] = [this.xy[2 * i], this.xy[2 * i + 1]];
  }
  resize() {
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.draw();
  }

  pointAt(x, y, reach) {
    let [best, least] = [-1, reach * reach];
    for (let i = 0; i < this.names.length; i++) {
      const [px, py] = this.place(i), distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  }

  // --- drawing ------------------------------------------------------------------------
  readColours() {
    const style = getComputedStyle(this.root);
    const read = (name) => style.getPropertyValue("--ex-" + name).trim();
    this.colour = { paper: read("paper"), ink: read("ink"), mark: read("mark"),
                    line: read("line"), dots: [0, 1, 2, 3, 4, 5, 6, 7].map((g) => read("g" + g)) };
    this.font = "13px " + style.fontFamily;
  }
  dot(i, radius, ring) {
    const [x, y] = this.place(i);
    this.pen.beginPath();
    this.pen.arc(x, y, radius, 0, 2 * Math.PI);
    this.pen.fillStyle = this.colour.dots[this.group ? this.group[i] : 0];
    this.pen.fill();
    if (!ring) return;
    this.pen.lineWidth = 2;
    this.pen.strokeStyle = ring;
    this.pen.stroke();
  }
  line(from, to, head) {
    const [x0, y0] = this.place(from), [x1, y1] = this.place(to);
    const angle = Math.atan2(y1 - y0, x1 - x0);
    this.pen.beginPath();
    this.pen.moveTo(x0, y0);
    this.pen.lineTo(x1, y1);
    for (const turn of head ? [2.7, -2.7] : []) {
      this.pen.moveTo(x1, y1);
      this.pen.lineTo(x1 + 11 * Math.cos(angle + turn), y1 + 11 * Math.sin(angle + turn));
    }
    this.pen.lineWidth = head ? 2 : 1;
    this.pen.strokeStyle = head ? this.colour.mark : this.colour.line;
    this.pen.stroke();
  }
  label(i, taken, strong) { // false when there is no room
    const [x, y] = this.place(i);
    const text = apart(this.names[i]);
    this.pen.font = (strong ? "600 " : "") + this.font;
    const width = this.pen.measureText(text).width;
    const right = x + 8, beside = Math.max(2, x - 8 - width);
    const room = (left) => {
      const [x0, x1, y0, y1] = [left - 2, left + width + 2, y - 9, y + 9];
      return x1 <= this.width && !taken.some((b) => x0 < b[1] && b[0] < x1 && y0 < b[3] && b[2] < y1);
    };
    const fits = [right, beside].find(room);
    if (fits === undefined && !strong) return false;
    const left = fits ?? (right + width > this.width ? beside : right);
    taken.push([left - 2, left + width + 2, y - 9, y + 9]);
    this.pen.textBaseline = "middle";
    this.pen.lineJoin = "round";
    this.pen.lineWidth = 4;
    this.pen.strokeStyle = this.colour.paper;
    this.pen.strokeText(text, left, y); // a halo in the colour of the paper
    this.pen.fillStyle = this.colour.ink;
    this.pen.fillText(text, left, y);
    return true;
  }
  draw() {
    const searching = this.get(".ex-find").value !== "";
    const neighbours = this.chosen < 0 ? [] : this.neighboursOf(this.chosen).map((n) => n.row);
    const corners = this.arrows.flat();
    const marked = new Set([...this.matches, ...neighbours, ...corners]);
    const radius = Math.min(5, 2.2 + Math.log2(Math.max(1, this.view.zoom)) / 2);
    this.pen.fillStyle = this.colour.paper;
    this.pen.fillRect(0, 0, this.width, this.height);
    this.pen.globalAlpha = marked.size || searching ? 0.25 : 0.75;
    for (let i = 0; i < this.names.length; i++) if (!marked.has(i)) this.dot(i, radius);
    this.pen.globalAlpha = 1;
    for (const other of neighbours) this.line(this.chosen, other, false);
    for (const [from, to] of this.arrows) this.line(from, to, true);
    for (const i of marked) this.dot(i, radius + 1.5, this.colour.ink);
    if (this.chosen >= 0) this.dot(this.chosen, radius + 3, this.colour.mark);
    if (this.at >= 0) this.dot(this.at, radius + 3, this.colour.ink);
    const taken = [];
    for (const i of new Set([this.at, this.chosen])) if (i >= 0) this.label(i, taken, true);
    let room = 60;
    const rest = marked.size || searching ? [] : this.names.keys(); // frequent names first
    for (const i of [...corners, ...neighbours, ...this.matches, ...rest]) {
      if (i === this.at || i === this.chosen || !this.inside(this.place(i))) continue;
      if (this.label(i, taken, false) && --room === 0) break;
    }
    this.canvas.dataset.at = this.at < 0 ? "" : this.names[this.at];
  }
}
