// Enhancement only: everything works without it.
import { initAll } from "../govuk/govuk-frontend.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

// What a table has to say to the person, read out when it changes.
function say(table, words) {
  const place = document.getElementById(table.dataset.pasteSays);
  if (place) place.textContent = words;
}

// Pasting from a spreadsheet into the services matrix fills the cells to the right and below.
for (const table of document.querySelectorAll("[data-paste-table]")) {
  table.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text/plain");
    if (!/[\t\n]/.test(text.trim())) return;
    const rows = [...table.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("input")]).filter((row) => row.length);
    const top = rows.findIndex((row) => row.includes(event.target));
    if (top < 0) return;
    event.preventDefault();
    const left = rows[top].indexOf(event.target);
    const lost = [];
    text.replace(/\r/g, "").replace(/\n$/, "").split("\n").forEach((line, down) => {
      line.split("\t").forEach((value, right) => {
        const cell = rows[top + down]?.[left + right];
        if (cell) cell.value = value.trim();
        else if (value.trim()) lost.push(value.trim());
      });
    });
    say(table, lost.length ? table.dataset.pasteLost.replace("%", lost.join(", ")) : "");
    table.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

// Whoever leaves a large form with something typed in it is asked first; sending it is not leaving.
for (const form of document.querySelectorAll("form[data-warns-on-leaving]")) {
  let unsaved = "unsaved" in form.dataset;
  for (const kind of ["input", "change"]) form.addEventListener(kind, () => { unsaved = true; });
  form.addEventListener("submit", () => { unsaved = false; });
  window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
}

// A second click on a button that commits does nothing while the first is on its way.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 10000);
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
