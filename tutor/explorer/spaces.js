// Third part, only for an explorer of several spaces: the same points, other places.
const enter = (explorer, space) => {
  const chosen = explorer.chosen;
  explorer.xy = uint16(space.xy);
  explorer.span = [0, 1].map((axis) => {
    const values = explorer.xy.filter((_, i) => i % 2 === axis);
    return Math.max(...values) - Math.min(...values) || 1;
  });
  explorer.near = uint12(space.near);
  explorer.cosine = int8(space.cosine);
  explorer.get(".ex-note").textContent = space.note;
  explorer.at = -1;
  explorer.fit();
  explorer.fillTable();
  if (chosen < 0) explorer.say(`${space.name}.`);
  else explorer.choose(chosen); // the same concept, its neighbours here
  explorer.draw();
};
for (const root of document.querySelectorAll(".tutor-explorer:not([data-spaces])")) {
  const box = root.querySelector(".ex-space");
  if (!box) continue;
  root.dataset.spaces = "yes";
  const spaces = JSON.parse(root.querySelector(".ex-several").textContent);
  box.addEventListener("change", () => enter(root.explorer, spaces[box.selectedIndex]));
}
