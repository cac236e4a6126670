// What every page gets where scripts run: questions in dialogs, buttons that say they are busy,
// polling that rests while nobody looks, and changes read out. Everything works without it, too.
"use strict";

// Dialogs, for browsers that do not know command/commandfor on buttons yet.
if (!("commandForElement" in HTMLButtonElement.prototype)) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[commandfor]");
    const dialog = button && document.getElementById(button.getAttribute("commandfor"));
    if (!dialog) return;
    if (button.getAttribute("command") === "show-modal") dialog.showModal();
    else dialog.close();
  });
}
// A click beside an open dialog closes it.
document.addEventListener("click", (event) => {
  if (event.target instanceof HTMLDialogElement && event.target.open) {
    const box = event.target.getBoundingClientRect();
    const inside =
      event.clientX >= box.left && event.clientX <= box.right &&
      event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) event.target.close();
  }
});

// A strip of tabs that is wider than a phone shows the one that is open.
for (const here of document.querySelectorAll(".tabs [aria-current], .side nav [aria-current]")) {
  const strip = here.closest(".tabs, .side nav");
  const [own, whole] = [here.getBoundingClientRect(), strip.getBoundingClientRect()];
  strip.scrollLeft += own.left + own.width / 2 - whole.left - whole.width / 2;
}

// What is pressed says in the same moment what it is doing, and is not sent twice.
const labels = new WeakMap();
const occupy = (part) => {
  if (part.getAttribute("aria-busy") === "true") return;
  part.setAttribute("aria-busy", "true");
  if (!part.matches("button")) return;
  labels.set(part, [...part.childNodes]);
  // Other words are no reason for what stands beside them to move.
  part.style.minWidth = `${part.offsetWidth}px`;
  part.replaceChildren(part.dataset.busy || gettext("One moment"));
};
const free = (part) => {
  part.removeAttribute("aria-busy");
  part.style?.removeProperty("min-width");
  if (labels.has(part)) part.replaceChildren(...labels.get(part));
};
document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  const method = (form.getAttribute("method") || "get").toLowerCase();
  if (event.defaultPrevented || method === "dialog") return;
  if (method === "post") {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    // Where no answer comes, it may be tried again.
    setTimeout(() => { delete form.dataset.sent; }, 15000);
  }
  const pressed = submitter || form;
  occupy(pressed);
  // A download leaves the page as it is: its button is free again at once.
  if (!form.hasAttribute("data-stays") && !pressed.hasAttribute("data-stays")) return;
  setTimeout(() => {
    delete form.dataset.sent;
    free(pressed);
  }, 800);
});
// Coming back with the browser's back button finds the page as it was before.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const part of document.querySelectorAll("[aria-busy]")) free(part);
});

// Polling rests while the page is hidden, a question is open or somebody is writing into a field.
// A file that was chosen or a box that was ticked keeps the focus, and nothing is being written.
const WRITTEN = "textarea, select, input:not([type=file], [type=checkbox], [type=radio])";
document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.detail.elt;
  if (!part.hasAttribute("data-poll")) return;
  const focused = document.activeElement;
  const typing = part.contains(focused) && focused.matches(WRITTEN);
  if (document.hidden || document.querySelector("dialog[open]") || typing) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  const part = document.querySelector("[data-poll]");
  if (part && window.htmx) window.htmx.trigger(part, "look");
});
// What is being pressed stays where it is until it is let go of; the next answer brings the news.
let pressed = null;
document.addEventListener("pointerdown", (event) => { pressed = event.target.closest("[data-poll]"); });
for (const type of ["pointerup", "pointercancel"]) {
  document.addEventListener(type, () => setTimeout(() => { pressed = null; }));
}
document.addEventListener("htmx:beforeSwap", (event) => {
  if (pressed && event.detail.requestConfig.elt === pressed) event.detail.shouldSwap = false;
});
// Where htmx could not bring the focus back: to what was taken out and put back, as browsers do that
// cannot move a part whole, and to what was still folded away.
let hadFocus = null;
const keepFocus = () => { hadFocus = document.activeElement; };
document.addEventListener("htmx:beforeSwap", keepFocus);
document.addEventListener("htmx:afterSettle", () => {
  if (hadFocus && document.activeElement === document.body) {
    const part = hadFocus.isConnected ? hadFocus : document.getElementById(hadFocus.id);
    part?.focus({ preventScroll: true });
  }
  hadFocus = null;
});
// What changed is read out once; the words stand in an element that is never replaced.
document.addEventListener("htmx:afterSwap", () => {
  const said = document.querySelector("[data-say]");
  const voice = document.getElementById("voice");
  if (said && voice && voice.textContent !== said.dataset.say) voice.textContent = said.dataset.say;
});
// A message that something was refused; it stays until it is closed.
const complain = (sentence) => {
  const toast = document.getElementById("error-toast")?.content.querySelector(".toast").cloneNode(true);
  if (!toast) return;
  toast.querySelector("p").textContent = sentence;
  document.getElementById("toasts").replaceChildren(toast);
};
document.addEventListener("click", (event) => {
  event.target.closest("[data-close-toast]")?.closest(".toast").remove();
});
// A refusal of a request in the background is shown as a message.
document.addEventListener("htmx:responseError", (event) => {
  const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
  const sentence = page.querySelector("[data-problem]");
  if (sentence) complain(sentence.textContent.trim());
});
