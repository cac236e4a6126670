// Photos go up in pieces, one photo after the other, each with its own progress: a lost connection
// costs one piece, a broken file no other, and what was under way goes on after a reload.
// Without this script the form sends all of them at once.
"use strict";
(() => {
  const { gettext, ngettext } = window;
  const TRIES = 8;
  const PATIENCE_MS = 60000;
  // What nobody came back for is destroyed by the next page of anybody's on this device.
  const KEPT_MS = 7 * 24 * 3600 * 1000;
  const waiting = [];
  let busy = false;

  const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
  const uploader = () => document.getElementById("uploader");
  // Whose photos these are, whichever link led here.
  const shoot = document.querySelector("[data-shoot]").dataset.shoot;

  // What was chosen stays in the browser until it has arrived, so that a reload loses nothing.
  const store = (() => {
    const opened = new Promise((resolve) => {
      if (!window.indexedDB) { resolve(null); return; }
      const request = indexedDB.open("headshots-photos", 1);
      request.onupgradeneeded = () => request.result.createObjectStore("files", { keyPath: "mark" });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
    });
    const act = async (mode, work) => {
      const database = await opened;
      if (!database) return null;
      return new Promise((resolve) => {
        const request = work(database.transaction("files", mode).objectStore("files"));
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => resolve(null);
      });
    };
    return {
      keep: (mark, file) => act("readwrite", (files) => files.put({ mark: `${shoot}:${mark}`, shoot, file, at: Date.now() })),
      forget: (mark) => act("readwrite", (files) => files.delete(`${shoot}:${mark}`)),
      drop: (kept) => act("readwrite", (files) => files.delete(kept.mark)),
      all: async () => (await act("readonly", (files) => files.getAll())) || [],
    };
  })();

  const line = (name) => {
    const item = document.createElement("li");
    const label = document.createElement("span");
    label.className = "clip";
    label.textContent = name;
    const state = document.createElement("span");
    state.className = "soft";
    state.textContent = gettext("Waiting");
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

  const ask = async (url, body, type) => {
    const headers = { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value };
    if (type) headers["Content-Type"] = type;
    // AbortSignal.timeout is too new for the phones that many still have.
    const limit = new AbortController();
    const late = setTimeout(() => limit.abort(), PATIENCE_MS);
    try {
      const answer = await fetch(url, { method: "POST", headers, body, signal: limit.signal });
      const json = (answer.headers.get("Content-Type") || "").includes("json");
      return { status: answer.status, data: json ? await answer.json() : null };
    } catch {
      return { status: 0, data: null };
    } finally {
      clearTimeout(late);
    }
  };

  // Ask again after a pause that grows, as long as nobody answers or the server is in trouble.
  const insist = async (entry, url, body, type) => {
    let answer = await ask(url, body, type);
    for (let tries = 1; (answer.status === 0 || answer.status >= 500) && tries < TRIES; tries += 1) {
      entry.state.textContent = gettext("Connection lost, trying again");
      await Promise.race([
        pause(Math.min(15000, 700 * 2 ** tries)),
        new Promise((resolve) => { window.addEventListener("online", resolve, { once: true }); }),
      ]);
      answer = await ask(url, body, type);
    }
    return answer;
  };

  const send = async (entry) => {
    const { file, mark } = entry;
    const begun = new FormData();
    begun.append("mark", mark);
    begun.append("name", file.name);
    begun.append("size", String(file.size));
    const base = uploader().dataset.uploads;
    for (let starts = 0; starts < 3; starts += 1) {
      const start = await insist(entry, base, begun);
      if (start.status !== 200) return start;
      let at = start.data.received;
      for (;;) {
        entry.state.textContent = gettext("Sending");
        entry.bar.value = (100 * at) / file.size;
        const piece = file.slice(at, at + start.data.piece);
        const answer = await insist(entry, `${base}/${start.data.id}?at=${at}`, piece, "application/octet-stream");
        if (answer.status === 200 && answer.data.done) return answer;
        // It went on somewhere else, in another tab perhaps: ask where.
        if ((answer.status === 404 && !answer.data) || (answer.status === 409 && answer.data?.code === "offset")) break;
        if (answer.status !== 200) return answer;
        at = answer.data.received;
      }
    }
    return { status: 0, data: null };
  };

  const show = async () => {
    const form = uploader();
    if (!form) return;
    const answer = await fetch(form.dataset.live, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok) return;
    const news = await answer.text();
    const live = document.getElementById("live");
    if (!live) return;
    // An answer to the poll for a part that is gone would take the preserved form along.
    live.addEventListener("htmx:beforeSwap", (event) => event.preventDefault());
    keepFocus();
    window.htmx.swap(live, news, { swapStyle: "outerHTML" });
  };

  // There is no room for the rest either: none of it is sent, and one line says so.
  const stop = async (entry) => {
    const rest = waiting.splice(0);
    if (!rest.length) return;
    const n = rest.length;
    const others = ngettext("{n} more photo was not sent.", "{n} more photos were not sent.", n, { n });
    entry.item.firstChild.textContent += ` ${others}`;
    for (const other of rest) {
      other.item.remove();
      await store.forget(other.mark);
    }
  };

  const finish = async (entry) => {
    const answer = await send(entry);
    const name = entry.file.name;
    if (["link_unknown", "link_expired"].includes(answer.data?.code)) {
      // The page says so, and offers a new link; the photo is kept.
      location.reload();
    } else if (answer.status === 200) {
      entry.item.remove();
      await store.forget(entry.mark);
      await show();
    } else if (answer.status === 0 || answer.status >= 500) {
      // Kept: it goes on when the page is opened again.
      refuse(entry, gettext("{name} did not arrive. Check your connection and load the page again; it goes on from there.", { name }));
    } else {
      await store.forget(entry.mark);
      refuse(entry, answer.data?.problem || gettext("{name} could not be taken in.", { name }));
      if (answer.data?.code === "too_many") await stop(entry);
    }
  };

  const next = async () => {
    if (busy) return;
    busy = true;
    try {
      while (waiting.length && uploader()) await finish(waiting.shift());
    } finally {
      busy = false;
    }
  };

  const take = (files, kept) => {
    const list = document.getElementById("sending");
    if (!list) return;
    if (!kept) for (const old of list.querySelectorAll("[data-refused]")) old.remove();
    for (const file of files) {
      const mark = `${file.name}:${file.size}:${file.lastModified}`;
      if (waiting.some((entry) => entry.mark === mark)) continue;
      const entry = { file, mark, ...line(file.name) };
      list.append(entry.item);
      waiting.push(entry);
      if (!kept) store.keep(mark, file);
    }
    next();
  };

  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches("#uploader input[type=file]") || !input.files.length) return;
    take([...input.files], false);
    input.value = "";
  });
  for (const type of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(type, (event) => {
      const drop = event.target.closest && event.target.closest(".drop");
      if (drop) drop.classList.toggle("over", type === "dragover");
    });
  }

  // A wish whose saving is still under way, or was lost, goes along when the photos are handed in.
  document.addEventListener("formdata", (event) => {
    const wishes = document.getElementById("wishes");
    if (!wishes || !event.target.matches(".hand-in form")) return;
    event.formData.append("wished", "yes");
    for (const [name, value] of new FormData(wishes)) {
      if (name !== "csrfmiddlewaretoken") event.formData.append(name, value);
    }
  });

  const begin = async () => {
    // Files that were chosen before this script came.
    for (const input of document.querySelectorAll("#uploader input[type=file]")) {
      if (!input.files.length) continue;
      take([...input.files], false);
      input.value = "";
    }
    for (const kept of await store.all()) {
      if (kept.shoot === shoot && uploader()) take([kept.file], true);
      // No more photos are taken, as they were handed in or this person has left.
      else if (kept.shoot === shoot || !(Date.now() - kept.at < KEPT_MS)) await store.drop(kept);
    }
  };
  begin();
})();
