// Light or dark, settled before anything is drawn: what this reader chose, else what their system wishes.
(function () {
  const root = document.documentElement;
  const darkSystem = matchMedia("(prefers-color-scheme: dark)");
  let chosen = "system";
  try {
    chosen = localStorage.getItem("theme") || chosen;
  } catch {
    // Storage is switched off: the system's wish holds.
  }

  function show() {
    const dark = chosen === "dark" || (chosen === "system" && darkSystem.matches);
    root.setAttribute("data-bs-theme", dark ? "dark" : "light");
  }

  // For the switch in muster.js.
  window.musterTheme = {
    chosen: () => chosen,
    choose(theme) {
      chosen = theme;
      show();
      try {
        localStorage.setItem("theme", theme);
      } catch {
        // Then it holds for this page.
      }
    },
  };

  root.classList.add("js");
  darkSystem.addEventListener("change", show);
  addEventListener("beforeprint", () => root.setAttribute("data-bs-theme", "light")); // paper is white
  addEventListener("afterprint", show);
  show();
})();
