// What somebody has unfolded or folded in a part that is fetched again stays so.
"use strict";
(() => {
  let known = [];
  document.addEventListener("htmx:beforeSwap", () => {
    known = [...document.querySelectorAll("details[id]")].map((part) => [part.id, part.open]);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const [id, open] of known) document.getElementById(id)?.toggleAttribute("open", open);
  });
})();
