// A press anywhere on a line of the table leads where its link does.

document.querySelector(".leads tbody").addEventListener("click", (event) => {
  const link = event.target.closest("tr")?.querySelector("th a");
  const isChoosing = String(getSelection()) !== ""; // text, to be copied
  if (link && !isChoosing && !event.target.closest("a")) link.click();
});
