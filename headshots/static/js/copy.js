// Copying texts, links and secrets with one press; a click into such a field marks all of it.
"use strict";
const mark = (part) => { if (part.select) part.select(); else getSelection().selectAllChildren(part); };
for (const button of document.querySelectorAll("[data-copy]")) {
  button.disabled = false;
  button.addEventListener("click", async () => {
    const part = document.getElementById(button.dataset.copy);
    mark(part);
    try {
      await navigator.clipboard.writeText(part.value ?? part.textContent);
    } catch {
      // Without https, or where the browser was told not to: what is marked is copied.
      document.execCommand("copy");
    }
    const said = button.dataset.said ??= button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = said; }, 2000);
  });
}
document.addEventListener("focusin", (event) => {
  if (event.target.matches("input.secret[readonly]")) event.target.select();
});
