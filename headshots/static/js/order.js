// The order form: find people among thousands, keep who is chosen from page to page, see at once
// whether the credits suffice, and look at the invitation.
"use strict";
(() => {
  const form = document.querySelector("[data-order]");
  if (!form) return;
  const more = form.querySelector("[data-more-pictures]");
  const person = form.querySelector("[data-a-person]");
  const aPerson = () => Number(form.dataset.each) + (more?.checked ? Number(form.dataset.more) : 0);
  const free = Number(form.dataset.free);
  const chosen = new Set(form.dataset.chosen.split(",").filter(Boolean));
  const say = form.querySelector("[data-count]");
  const number = form.querySelector("[data-chosen-count]");
  const place = form.querySelector("[data-place]");
  const idle = place.textContent;
  const all = form.querySelector("[data-all]");
  const clear = form.querySelector("[data-clear]");
  const fields = [...form.querySelectorAll("[data-find]")];
  const list = () => form.querySelector("#people");
  const write = (n) => n.toLocaleString(document.documentElement.lang);

  // One field carries everybody who is chosen, on whichever page they stand.
  const carrier = document.createElement("input");
  carrier.type = "hidden";
  carrier.name = "employees";
  form.append(carrier);

  const count = () => {
    const people = chosen.size;
    const each = aPerson();
    const needed = people * each;
    const missing = needed - free;
    const values = { needed: write(needed), free: write(free), missing: write(missing), rest: write(free - needed), people: write(people) };
    person.textContent = write(each);
    say.classList.toggle("wrong", missing > 0);
    const who = ngettext("{people} person needs", "{people} people need", people, values);
    const what = ngettext("{needed} credit", "{needed} credits", needed, values);
    if (!people) say.textContent = gettext("Nobody is chosen yet.");
    else if (missing > 0) say.textContent = gettext("{who} {what} and {free} of yours are free: {missing} too few.", { ...values, who, what });
    else say.textContent = gettext("{who} {what}. {rest} will be left.", { ...values, who, what });
    place.textContent = people ? ngettext("Invite {people} person", "Invite {people} people", people, values) : idle;
    number.textContent = people ? gettext("{people} chosen", values) : "";
    clear.disabled = !people;
  };
  const show = () => {
    for (const box of list().querySelectorAll("input[type=checkbox]")) {
      box.removeAttribute("name");
      box.checked = chosen.has(box.value);
    }
    const found = Number(list().dataset.countFound);
    all.textContent = gettext("Choose all {n}", { n: write(found) });
    all.disabled = !found;
    count();
  };
  const asked = (more) => {
    const words = new URLSearchParams(more);
    for (const field of fields) if (field.value) words.set(field.dataset.find, field.value);
    return `${form.dataset.people}?${words}`;
  };

  // What is asked for in the background, or null, and a sentence, where no such answer comes:
  // whoever is signed out by now is led to another page, which is none.
  const fetched = async (address, read) => {
    try {
      const answer = await fetch(address, { signal: AbortSignal.timeout(20000) });
      const found = answer.ok && !answer.redirected && await read(answer);
      if (found) return found;
    } catch { /* The connection is away, or it took too long. */ }
    complain(gettext("The list could not be loaded. Try again; if it stays so, open this page anew."));
    return null;
  };
  const peopleIn = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("people");
  let newest = 0;
  const load = async (page) => {
    const mine = ++newest;
    list().setAttribute("aria-busy", "true");
    const part = await fetched(asked({ page }), peopleIn);
    if (mine !== newest) return;
    if (!part) { list().removeAttribute("aria-busy"); return; }
    list().replaceWith(part);
    show();
  };
  // A value belongs to the attribute it was typed for.
  const valueField = form.querySelector("[data-attribute-value]");
  form.querySelector("[data-find=attribute]")?.addEventListener("change", (event) => {
    valueField.hidden = !event.target.value;
    valueField.querySelector("input").value = "";
  });
  let pause = 0;
  for (const field of fields) {
    field.addEventListener(field.matches("select") ? "change" : "input", () => {
      clearTimeout(pause);
      pause = setTimeout(() => load(1), field.matches("select") ? 0 : 180);
    });
    field.addEventListener("keydown", (event) => { if (event.key === "Enter" && field.matches("input")) event.preventDefault(); });
  }
  all.addEventListener("click", async () => {
    all.setAttribute("aria-busy", "true");
    const found = await fetched(asked({ all: 1 }), (answer) => answer.json());
    for (const key of found?.employees ?? []) chosen.add(key);
    all.removeAttribute("aria-busy");
    show();
  });
  clear.addEventListener("click", () => { chosen.clear(); show(); });
  form.addEventListener("click", (event) => {
    const to = event.target.closest("[data-page-to]");
    if (to) load(to.dataset.pageTo);
  });
  form.addEventListener("change", (event) => {
    if (!event.target.matches("#people input[type=checkbox]")) return;
    if (event.target.checked) chosen.add(event.target.value);
    else chosen.delete(event.target.value);
    count();
  });
  more?.addEventListener("change", count);
  form.addEventListener("submit", () => { carrier.value = [...chosen].join(","); });

  // The invitation, in each language, for the first who is chosen.
  const mail = document.querySelector("[data-mail]");
  const look = form.querySelector("[data-preview]");
  const language = document.querySelector("[data-mail-language]");
  const preview = () => {
    const words = new URLSearchParams({ due: form.elements.due.value, why: form.elements.why.value, language: language.value });
    const [first] = chosen;
    if (first) words.set("employee", first);
    mail.src = `${look.dataset.preview}?${words}`;
  };
  look?.addEventListener("click", preview);
  language?.addEventListener("change", preview);

  // What was ticked or looked for before this script came counts, too.
  for (const box of list().querySelectorAll("input[type=checkbox]")) {
    if (box.checked) chosen.add(box.value);
    else chosen.delete(box.value);
  }
  show();
  const asIs = (field) => field.matches("select") ? [...field.options].find((one) => one.defaultSelected)?.value ?? "" : field.defaultValue;
  if (fields.some((field) => field.value !== asIs(field))) load(1);
})();
