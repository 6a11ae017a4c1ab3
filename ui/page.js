// A marker leads to its source within this page. Plain fragment links do not: Gradio sets a <base>, against which they
// would load the page anew whenever its address has a query, and the conversation would be gone.
// Copying, and saving a file without the server keeping one, have no component of Gradio's either.
() => {
  window.ragSave = (name, text) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text]));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  document.addEventListener("click", (event) => {
    const copy = event.target.closest?.("button.copy");
    if (copy) {
      const said = copy.textContent;
      navigator.clipboard.writeText(copy.dataset.copy).then(() => {
        copy.textContent = "Copied";
        setTimeout(() => (copy.textContent = said), 1500);
      });
      return;
    }
    const marker = event.target.closest?.("a.marker");
    if (!marker) return;
    event.preventDefault();
    const source = document.getElementById(marker.getAttribute("href").slice(1));
    if (!source) return;
    document.querySelectorAll("mark.shown").forEach((mark) => mark.classList.remove("shown"));
    const folded = source.closest("details");
    if (folded) folded.open = true;
    source.classList.add("shown");
    source.scrollIntoView({ block: "center" });
    source.focus({ preventScroll: true });
  });
}
