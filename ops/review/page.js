"use strict";
// Without this script everything is shown, one environment below the other; with it there are tabs and filters.

const sections = [...document.querySelectorAll(".environment")];
const tabs = [...document.querySelectorAll("[role=tab]")];

function select(number, focus) {
  tabs.forEach((tab, at) => {
    tab.setAttribute("aria-selected", String(at === number));
    tab.tabIndex = at === number ? 0 : -1;
  });
  sections.forEach((section, at) => { section.hidden = at !== number; });
  if (focus) tabs[number].focus();
}

function follow() {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (!target) return;
  const at = sections.findIndex((section) => section.contains(target));
  if (at >= 0) select(at, false);
  if (target.matches("details")) { target.hidden = false; target.open = true; }
  target.scrollIntoView();
}

function filters(section) {
  const toolbar = section.querySelector(".toolbar");
  if (!toolbar) return;
  const entries = [...section.querySelectorAll(".entries > .entry")];
  const search = toolbar.querySelector("input[type=search]");
  const boxes = [...toolbar.querySelectorAll("input[type=checkbox]")];
  const status = toolbar.querySelector(".shown");
  const wanted = (name) => boxes.filter((box) => box.name === name && box.checked).map((box) => box.value);

  function apply() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const actions = wanted("action");
    const risks = wanted("risk");
    let shown = 0;
    for (const entry of entries) {
      const { action, risk, text } = entry.dataset;
      const fits = words.every((word) => text.includes(word))
        && (!actions.length || actions.includes(action)) && (!risks.length || risks.includes(risk));
      entry.hidden = !fits;
      shown += fits;
    }
    status.textContent = `${shown} of ${entries.length} shown`;
  }

  const fold = (open) => entries.forEach((entry) => { if (!entry.hidden) entry.open = open; });
  search.addEventListener("input", apply);
  boxes.forEach((box) => box.addEventListener("change", apply));
  toolbar.querySelector(".unfold").addEventListener("click", () => fold(true));
  toolbar.querySelector(".fold").addEventListener("click", () => fold(false));
  toolbar.hidden = false;
  apply();
}

sections.forEach(filters);
if (sections.length > 1) {
  document.querySelector(".tabs").hidden = false;
  sections.forEach((section, at) => {
    section.setAttribute("role", "tabpanel");
    section.setAttribute("aria-labelledby", `tab-${at}`);
  });
  tabs.forEach((tab, at) => {
    tab.addEventListener("click", () => select(at, false));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) select((at + step + tabs.length) % tabs.length, true);
    });
  });
  select(0, false);
}
addEventListener("hashchange", follow);
follow();
