// Comfort on top of pages that work without it.

// The switch between light, dark and the system's wish.
for (const choice of document.querySelectorAll("[data-theme-switch] input")) {
  choice.checked = choice.value === window.musterTheme.chosen();
  choice.addEventListener("change", () => window.musterTheme.choose(choice.value));
}

// A menu closes when one presses Escape, or goes on elsewhere.
const openMenus = () => document.querySelectorAll("[data-menu][open]");

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

for (const kind of ["click", "focusin"]) {
  document.addEventListener(kind, (event) => {
    for (const menu of openMenus()) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
}

// A message goes when it is dismissed; the focus goes to the content, not back to the start of the page.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dismiss]");
  if (!button) return;
  button.closest("[data-message]").remove();
  document.getElementById("content").focus({ preventScroll: true });
});

// Files may be dropped anywhere on the zone, not only on the input in it.
const zoneOf = (event) => event.target.closest?.("[data-drop-zone]");

for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const zone = zoneOf(event);
    if (!zone) return;
    event.preventDefault();
    zone.classList.toggle("is-over", kind === "dragover");
    if (kind === "drop") take(event.dataTransfer.files, zone.querySelector("input[type=file]"));
  });
}

function take(files, input) {
  if (files.length === 0) return;
  const first = new DataTransfer(); // the input takes one file, however many were dropped
  first.items.add(files[0]);
  input.files = first.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("change", (event) => {
  const words = zoneOf(event)?.querySelector("[data-drop-words]");
  const file = event.target.files?.[0];
  if (words && file) words.textContent = words.dataset.dropWords.replace("{name}", () => file.name);
});

// Enter in a field presses the button that is meant: the search beside it, or the one that saves.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches?.("input:not([type=checkbox], [type=radio])")) return;
  const meant = event.target.closest("[data-enter-presses]");
  if (!meant) return;
  event.preventDefault();
  document.getElementById(meant.dataset.enterPresses).click();
});

// Whoever is ticked while a search is under way must be in what it brings: it is asked again.
document.addEventListener("change", (event) => {
  const picker = event.target.closest("[data-picker]");
  if (picker?.querySelector(".htmx-request") && event.target.type === "checkbox") {
    document.getElementById(picker.dataset.picker).click();
  }
});

// A value is copied by the button beside it; where the browser does not let us, it is selected, ready to be copied.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copies);
  field.select();
  await navigator.clipboard?.writeText(field.value);
  announcer.textContent = button.dataset.copied;
  button.firstChild.textContent = button.dataset.copied;
});

// A table that is wider than its frame can be moved by keyboard too.
function letFramesBeReached() {
  for (const frame of document.querySelectorAll(".table-frame")) {
    if (frame.scrollWidth > frame.clientWidth) frame.tabIndex = 0;
  }
}

letFramesBeReached();
document.addEventListener("htmx:afterSettle", letFramesBeReached);

// What htmx brings in is announced where it is marked so: at once when it comes to an end or says
// something for the first time, else every ten seconds at most.
const announcer = document.querySelector("[data-announcer]");
let announcedAt = 0;

document.addEventListener("htmx:afterSettle", (event) => {
  const words = event.target.querySelector?.("[data-announce]");
  if (!words || words.textContent === announcer.textContent) return;
  const goesOn = event.target.closest("[hx-trigger]") !== null;
  if (goesOn && Date.now() - announcedAt < 10_000) return;
  announcer.textContent = words.textContent;
  announcedAt = Date.now();
});
