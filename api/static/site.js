// What htmx leaves to the page: leaving with unsaved words, dialogs, values beside sliders, messages that tell.
// Everything works without this file.

const typed = new WeakSet();

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-keep]");
  if (form) typed.add(form);
  const shown = event.target.dataset.shownIn && document.getElementById(event.target.dataset.shownIn);
  if (shown) shown.textContent = event.target.value;
  const filled = event.target.dataset.valueTo && document.getElementById(event.target.dataset.valueTo);
  if (filled) filled.value = event.target.value;
});

document.addEventListener("submit", (event) => typed.delete(event.target));

// A form that saves itself is sent once the saving that is under way has ended; the two would be in each other's way.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.classList.contains("htmx-request")) return;
  event.preventDefault();
  form.addEventListener("htmx:afterRequest", () => form.requestSubmit(event.submitter), { once: true });
});

// Once it is sent it saves itself no more: htmx would send that to the address of the button that was pressed.
let leaving = new WeakSet();
document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) leaving.add(event.target);
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (leaving.has(event.detail.elt)) event.preventDefault();
});
addEventListener("pageshow", () => (leaving = new WeakSet()));

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) typed.delete(event.detail.elt.closest("form"));
});

addEventListener("beforeunload", (event) => {
  const unsaved = [...document.querySelectorAll("form[data-keep]")].some((form) => typed.has(form));
  if (unsaved) event.preventDefault();
});

// <button data-opens="id"> opens a <dialog id>; without scripts the dialog's content is reached by the link around it.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  const dialog = opener && document.getElementById(opener.dataset.opens);
  if (dialog?.showModal) {
    event.preventDefault();
    dialog.showModal();
  }
});

// <select data-submits> and <input data-submits> send their form when they change; the button beside them is hidden.
for (const control of document.querySelectorAll("[data-submits]")) {
  control.addEventListener("change", () => control.form.requestSubmit());
}
for (const button of document.querySelectorAll("[data-without-script]")) button.hidden = true;
for (const part of document.querySelectorAll("[data-with-script]")) part.hidden = false;

// <button data-print>: what the browser's own menu does.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});

// Long work: <section data-progress="/address"> follows its server-sent events and loads the page anew at the end.
for (const place of document.querySelectorAll("[data-progress]")) {
  const events = new EventSource(place.dataset.progress);
  events.addEventListener("progress", (event) => {
    const { share, text } = JSON.parse(event.data);
    const bar = place.querySelector("progress");
    if (bar && share !== null) bar.value = share;
    const told = place.querySelector("[role=status]");
    if (told && text) told.textContent = text;
  });
  events.addEventListener("done", () => {
    events.close();
    location.reload();
  });
}
