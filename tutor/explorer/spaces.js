// Third part, only for an explorer of several spaces: the same points, other places.
const enter = (explorer, space) => {
  const chosen = explorer.chosen;
  explorer.xy = space.xy;
  explorer.span = [0, 1].map((axis) => {
    const values = explorer.xy.filter((_, i) => i % 2 === axis);
    return Math.max(...values) - Math.min(...values) || 1;
  });
  explorer.near = space.near;
  explorer.cosine = space.cosine;
  explorer.get(".ex-note").textContent = space.note;
  explorer.at = -1;
  explorer.fit();
  explorer.fillTable();
  if (chosen < 0) explorer.say(`${space.name}.`);
  else explorer.choose(chosen); // the same concept, its neighbours here
  explorer.draw();
};
const unpack = (text, bits) => { // as many bits a number as `pack.to_bits` took
  const packed = bytes(text), numbers = new Uint16Array(Math.floor(8 * packed.length / bits));
  return numbers.map((_, i) => {
    const at = i * bits, byte = at >> 3;
    const three = packed[byte] | packed[byte + 1] << 8 | packed[byte + 2] << 16;
    return three >> (at & 7) & (2 ** bits - 1);
  });
};
const onGrid = (place) => Math.round(place * 9999 / 1023); // from 10 bits
const unpacked = (space, count) => ({
  ...space,
  xy: unpack(space.xy, 10).subarray(0, 2 * count).map(onGrid),
  near: unpack(space.near, space.bits),
  cosine: int8(space.cosine),
});
for (const root of document.querySelectorAll(".tutor-explorer:not([data-spaces])")) {
  const box = root.querySelector(".ex-space");
  if (!box) continue;
  root.dataset.spaces = "yes";
  const spaces = JSON.parse(root.querySelector(".ex-several").textContent);
  const { xy, near, cosine } = root.explorer; // the first space is on the map already
  box.addEventListener("change", () => {
    const space = spaces[box.selectedIndex];
    enter(root.explorer, space.xy ? unpacked(space, xy.length / 2) : { ...space, xy, near, cosine });
  });
}
