// Photos go up one by one, each with its own progress, so that one bad file or a lost connection
// costs no other. Without this script the form sends all of them at once.
"use strict";
(() => {
  const TRIES = 3;
  const waiting = [];
  let busy = false;

  const line = (name) => {
    const item = document.createElement("li");
    const label = document.createElement("span");
    label.className = "clip";
    label.textContent = name;
    const state = document.createElement("span");
    state.className = "soft";
    state.textContent = "Waiting";
    const bar = document.createElement("progress");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", name);
    item.append(label, state, bar);
    return { item, state, bar };
  };

  const refuse = (entry, sentence) => {
    entry.bar.remove();
    entry.state.remove();
    const said = entry.item.firstChild;
    said.className = "wrong";
    said.textContent = sentence;
    entry.item.dataset.refused = "yes";
  };

  const send = (entry) =>
    new Promise((resolve) => {
      const body = new FormData();
      body.append("csrfmiddlewaretoken", entry.form.querySelector("[name=csrfmiddlewaretoken]").value);
      body.append("photos", entry.file);
      const request = new XMLHttpRequest();
      request.open("POST", entry.form.action);
      request.setRequestHeader("HX-Request", "true");
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) entry.bar.value = (100 * event.loaded) / event.total;
        entry.state.textContent = event.loaded < event.total ? "Sending" : "Looking at it";
      });
      request.addEventListener("loadend", () => resolve(request));
      request.send(body);
    });

  const show = (html) => {
    window.htmx.swap("#live", html, { swapStyle: "outerHTML" });
  };

  const next = async () => {
    if (busy) return;
    busy = true;
    while (waiting.length) {
      const entry = waiting.shift();
      let request = await send(entry);
      for (let tries = 1; request.status === 0 && tries < TRIES; tries += 1) {
        entry.state.textContent = "Connection lost, trying again";
        await new Promise((resolve) => setTimeout(resolve, 1500 * tries));
        request = await send(entry);
      }
      if (request.status === 0) {
        refuse(entry, `${entry.file.name} did not arrive. Check your connection and choose it again.`);
      } else if (request.status === 413) {
        refuse(entry, `${entry.file.name} is too large to send.`);
      } else if (request.status >= 400) {
        const page = new DOMParser().parseFromString(request.responseText, "text/html");
        const said = page.querySelector("[data-problem]");
        refuse(entry, said ? said.textContent.trim() : `${entry.file.name} could not be taken in.`);
      } else {
        const page = new DOMParser().parseFromString(request.responseText, "text/html");
        const problem = page.querySelector("[data-upload-problem]");
        if (problem) refuse(entry, problem.textContent.trim());
        else entry.item.remove();
        show(request.responseText);
      }
    }
    busy = false;
  };

  const take = (form, files) => {
    const list = document.getElementById("sending");
    for (const old of list.querySelectorAll("[data-refused]")) old.remove();
    for (const file of files) {
      const entry = { form, file, ...line(file.name) };
      list.append(entry.item);
      waiting.push(entry);
    }
    next();
  };

  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches("#uploader input[type=file]") || !input.files.length) return;
    take(input.form, [...input.files]);
    input.value = "";
  });
  for (const type of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(type, (event) => {
      const drop = event.target.closest && event.target.closest(".drop");
      if (drop) drop.classList.toggle("over", type === "dragover");
    });
  }
  window.addEventListener("beforeunload", (event) => {
    if (busy) event.preventDefault();
  });
})();
