// Choosing on the roster: a whole page at once, how many are chosen, and filters that act at once.
"use strict";
(() => {
  const finder = document.querySelector("[data-finder]");
  finder?.addEventListener("change", (event) => {
    // A value belongs to the attribute it was typed for.
    const value = finder.elements.attribute_value;
    if (event.target.name === "attribute" && value) value.value = "";
    if (event.target.matches("select")) finder.requestSubmit();
  });

  const form = document.querySelector("[data-select]");
  const boxes = form ? [...form.querySelectorAll("input[name=employees]")] : [];
  if (!boxes.length) return;
  const page = form.querySelector("[data-page]");
  const everybody = form.querySelector("input[name=everybody]");
  const say = form.querySelector("[data-chosen]");
  const buttons = form.querySelectorAll(".bulk button");

  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    const all = Boolean(everybody?.checked);
    page.checked = chosen === boxes.length;
    page.indeterminate = chosen > 0 && chosen < boxes.length;
    say.textContent = all || !chosen ? "" : ngettext("{n} chosen", "{n} chosen", chosen);
    for (const button of buttons) button.disabled = !all && !chosen;
  };
  page.disabled = false;
  page.addEventListener("change", () => {
    for (const box of boxes) box.checked = page.checked;
    show();
  });
  form.addEventListener("change", show);
  // The browser's back button brings ticks back after this has run.
  window.addEventListener("pageshow", show);
  show();
})();
