"use strict";
// Lights up the bytes of a field, and the field of a byte; moves between fields by the arrow keys; opens all messages for print.
(() => {
  const lit = document.getElementById("lit");
  let on = [];

  // The fields of a panel and, by number, the bytes of each.
  const read = new WeakMap();
  const panelOf = (panel) => {
    let known = read.get(panel);
    if (!known) {
      known = { fields: [...panel.querySelectorAll("li[data-f]")], bytes: new Map() };
      for (const part of panel.querySelectorAll("b[data-f]")) {
        const number = +part.dataset.f;
        if (!known.bytes.has(number)) known.bytes.set(number, []);
        known.bytes.get(number).push(part);
      }
      read.set(panel, known);
    }
    return known;
  };

  const dark = () => {
    for (const element of on) element.classList.remove("on");
    on = [];
    lit.hidden = true;
  };

  const light = (field) => {
    dark();
    const { bytes } = panelOf(field.closest(".panel"));
    on = [field];
    for (let number = +field.dataset.f; number <= +field.dataset.e; number += 1) on.push(...(bytes.get(number) ?? []));
    for (const element of on) element.classList.add("on");
    lit.replaceChildren(...[...field.childNodes].map((node) => node.cloneNode(true)));
    for (const link of lit.querySelectorAll("a")) link.tabIndex = -1;
    lit.hidden = false;
  };

  // The field that an element belongs to: itself, or that of the byte.
  const fieldAt = (element) => {
    const part = element.closest?.("[data-f]");
    if (!part || part.tagName === "LI") return part;
    return panelOf(part.closest(".panel")).fields.find((field) => field.dataset.f === part.dataset.f);
  };

  const focus = (field) => {
    for (const other of panelOf(field.closest(".panel")).fields) other.tabIndex = other === field ? 0 : -1;
    field.focus({ preventScroll: true });
    field.scrollIntoView({ block: "nearest" });
  };

  // One stop of the tab key for each panel; links are reached by Enter.
  for (const panel of document.querySelectorAll(".panel")) {
    const first = panel.querySelector("li[data-f]");
    for (const link of panel.querySelectorAll("a.q")) link.tabIndex = -1;
    for (const field of panel.querySelectorAll("li[data-f]")) field.tabIndex = field === first ? 0 : -1;
  }

  document.addEventListener("pointerover", (event) => {
    const field = fieldAt(event.target);
    if (field) light(field);
    else if (event.target.closest?.("#lit") === null && !document.activeElement?.matches("li[data-f]")) dark();
  });
  document.addEventListener("focusin", (event) => {
    const field = event.target.closest("li[data-f]");
    if (field) light(field);
    else if (!event.target.closest("#lit")) dark();
  });
  document.addEventListener("click", (event) => {
    const byte = event.target.closest("b[data-f]");
    if (byte) focus(fieldAt(byte));
  });

  document.addEventListener("keydown", (event) => {
    const field = event.target.closest?.("li[data-f]");
    if (!field || event.altKey || event.ctrlKey || event.metaKey) return;
    const { fields } = panelOf(field.closest(".panel"));
    const at = fields.indexOf(field);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: fields.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      if (fields[to]) focus(fields[to]);
    } else if (event.key === "Escape") {
      const details = field.closest("details");
      details.open = false;
      details.querySelector("summary").focus();
    } else if (event.key === "Enter" && event.target === field) {
      field.querySelector("a.q")?.click();
    }
  });

  const messages = [...document.querySelectorAll("details")];
  const button = document.getElementById("all");
  const name = () => {
    button.textContent = messages.every((message) => message.open) ? "Close all messages" : "Open all messages";
  };
  if (messages.length > 0) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const open = !messages.every((message) => message.open);
      for (const message of messages) message.open = open;
      name();
    });
    for (const message of messages) message.addEventListener("toggle", name);
  }

  let closed = [];
  window.addEventListener("beforeprint", () => {
    dark();
    closed = messages.filter((message) => !message.open);
    for (const message of closed) message.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const message of closed) message.open = false;
  });
})();
