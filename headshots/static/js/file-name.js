// Says which file was chosen, where the input itself is hidden under its label.
"use strict";
document.addEventListener("change", (event) => {
  if (event.target.type !== "file" || !event.target.files.length) return;
  const name = event.target.closest("label")?.querySelector("[data-file-name]");
  if (name) name.textContent = event.target.files[0].name;
});
