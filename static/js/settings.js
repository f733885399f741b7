// The settings page works without script; this adds the theme choice and copying a new key.
import { toast } from "./ui/toast.js";

for (const choice of document.querySelectorAll('input[name="theme"]')) {
  choice.checked = choice.value === window.hwTheme.current();
  choice.addEventListener("change", () => window.hwTheme.choose(choice.value));
}

document.getElementById("copy-key")?.addEventListener("click", async () => {
  const key = document.getElementById("new-key");
  try {
    await navigator.clipboard.writeText(key.value);
    toast("The key is on the clipboard.", { title: "Copied" });
  } catch {
    key.select(); // no clipboard permission: the person copies the selection
  }
});

for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", async (event) => {
    if (form.dataset.confirmed) return;
    event.preventDefault();
    const { confirm } = await import("./ui/dialog.js");
    if (await confirm({ title: form.dataset.confirm, text: form.dataset.confirmText, action: form.dataset.confirmAction, danger: true })) {
      form.dataset.confirmed = "true";
      form.requestSubmit();
    }
  });
}
