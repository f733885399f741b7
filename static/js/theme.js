// Runs before the first paint, so that a chosen theme never flashes. "system" stores nothing.
(() => {
  const KEY = "hw-theme";
  const root = document.documentElement;
  const read = () => {
    try {
      return localStorage.getItem(KEY) || "system";
    } catch {
      return "system"; // storage is blocked: follow the system
    }
  };
  const apply = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  apply(read());
  window.hwTheme = {
    current: read,
    choose(theme) {
      try {
        if (theme === "system") localStorage.removeItem(KEY);
        else localStorage.setItem(KEY, theme);
      } catch {
        // storage is blocked: the choice lasts for this page
      }
      apply(theme);
    },
  };
  window.addEventListener("storage", (event) => {
    if (event.key === KEY) apply(read());
  });
})();
