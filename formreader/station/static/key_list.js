// The list of the keys of a view: `?` opens it.

const dialog = document.getElementById("keys");

const open = () => dialog.open || document.querySelector("dialog[open]") || dialog.showModal();

document.querySelector("[data-keys-open]").addEventListener("click", open);
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.tagName === "INPUT" && event.target.type === "text" && event.target.closest("dialog, .words, .filters");
  if (event.key !== "?" || event.ctrlKey || event.metaKey || isTyping) return;
  event.preventDefault();
  open();
});
