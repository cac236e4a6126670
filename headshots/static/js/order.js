// The order form: find people, choose all, and see at once whether the credits suffice.
"use strict";
(() => {
  const form = document.querySelector("[data-order]");
  if (!form) return;
  const each = Number(form.dataset.each);
  const free = Number(form.dataset.free);
  const boxes = [...form.querySelectorAll("input[name=employees]")];
  const all = form.querySelector("[data-all]");
  const find = form.querySelector("[data-find]");
  const say = form.querySelector("[data-count]");
  const none = form.querySelector("[data-none]");
  const place = form.querySelector("[data-place]");
  const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
  const shown = () => boxes.filter((box) => !box.closest("label").hidden);

  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    const needed = chosen * each;
    const missing = needed - free;
    say.classList.toggle("wrong", missing > 0);
    const who = chosen === 1 ? "1 person needs" : `${chosen} people need`;
    if (!chosen) say.textContent = "Nobody is chosen yet.";
    else if (missing > 0) say.textContent = `${who} ${plural(needed, "credit")} and ${free} of yours are free: ${missing} too few.`;
    else say.textContent = `${who} ${plural(needed, "credit")}. ${free - needed} will be left.`;
    place.textContent = chosen ? `Invite ${chosen === 1 ? "1 person" : `${chosen} people`}` : "Place the order";
    const visible = shown();
    const on = visible.filter((box) => box.checked).length;
    all.checked = visible.length > 0 && on === visible.length;
    all.indeterminate = on > 0 && on < visible.length;
  };

  form.querySelectorAll("[data-scripted]").forEach((part) => { part.hidden = false; });
  all.addEventListener("change", () => {
    for (const box of shown()) box.checked = all.checked;
    count();
  });
  find.addEventListener("input", () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const box of boxes) {
      const label = box.closest("label");
      const text = label.textContent.toLowerCase();
      label.hidden = !words.every((word) => text.includes(word));
    }
    none.hidden = shown().length > 0;
    count();
  });
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === "employees") count();
  });
  count();
})();
