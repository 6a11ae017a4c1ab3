// A marker leads to its source within this page. Plain fragment links do not: Gradio sets a <base>, against which they
// would load the page anew whenever its address has a query, and the conversation would be gone.
() => {
  document.addEventListener("click", (event) => {
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
