// What no component of Gradio's does: following a marker within the page, copying, saving a file without the server
// keeping one, taking in files wherever they are dropped, whole folders too, and saying that the program has gone.
() => {
  // Plain fragment links would load the page anew: Gradio sets a <base>, and the conversation would be gone.
  const follow = (id) => {
    const source = document.getElementById(id);
    if (!source) return false;
    const panel = source.closest("[role=tabpanel]");
    if (panel && panel.offsetParent === null) document.querySelector("#tabs [role=tab]").click();
    document.querySelectorAll("mark.shown").forEach((mark) => mark.classList.remove("shown"));
    const folded = source.closest("details");
    if (folded) folded.open = true;
    source.classList.add("shown");
    requestAnimationFrame(() => {
      source.scrollIntoView({ block: "center" });
      source.focus({ preventScroll: true });
    });
    return true;
  };
  const followWhenThere = (id) => {
    if (follow(id)) return;
    const back = document.querySelector("#panel button.back");  // a whole document stands where the sources were
    if (!back) return;
    const seen = new MutationObserver(() => follow(id) && seen.disconnect());
    seen.observe(document.getElementById("panel"), { childList: true, subtree: true });
    back.click();
  };
  // Browsers have no clipboard for pages that another computer sends without encryption, but still the old command.
  const copyByCommand = (text) => {
    const box = document.createElement("textarea");
    box.value = text;
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    return done;
  };
  const copy = async (button) => {
    const text = button.dataset.copy;
    const said = (button.dataset.said ??= button.textContent);
    const write = async () => (await navigator.clipboard.writeText(text), true);
    const done = await write().catch(() => copyByCommand(text));
    button.textContent = done ? "Copied" : "The browser does not allow it";
    button.focus({ preventScroll: true });
    setTimeout(() => (button.textContent = said), 1500);
  };
  const enlarge = (button) => {
    const paper = button.closest(".document").querySelector(".paper");
    button.setAttribute("aria-pressed", paper.classList.toggle("large"));
    (paper.querySelector("mark.at") ?? paper).scrollIntoView({ block: "center", inline: "center" });
  };
  // Gradio makes the parts of a tab when it is first opened.
  const boxFor = async (what) => {
    const find = () => document.querySelector(what === "folder" ? "input[webkitdirectory]" : "#files input[type=file]");
    if (!find()) {
      [...document.querySelectorAll("#tabs [role=tab]")].find((tab) => tab.textContent.trim() === "Documents").click();
      for (let i = 0; i < 100 && !find(); i++) await new Promise((next) => setTimeout(next, 30));
    }
    return find();
  };
  document.addEventListener("click", (event) => {
    const pressed = event.target.closest?.("a.marker, button.copy, button[data-choose], button.larger");
    if (!pressed) return;
    if (pressed.matches("a.marker")) {
      event.preventDefault();
      followWhenThere(pressed.getAttribute("href").slice(1));
    } else if (pressed.matches("button.copy")) copy(pressed);
    else if (pressed.matches("button.larger")) enlarge(pressed);
    else boxFor(pressed.dataset.choose).then((box) => box.click());
  });
  window.ragSave = (name, text) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text]));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  const filesIn = async (entry) => {
    if (entry.isFile) return [await new Promise((found, failed) => entry.file(found, failed))];
    const reader = entry.createReader();
    const entries = [];
    for (let some; (some = await new Promise((read, failed) => reader.readEntries(read, failed))).length; )
      entries.push(...some);
    return (await Promise.all(entries.map(filesIn))).flat();
  };
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (on) => document.body.classList.toggle("dropping", on);
  document.addEventListener("dragover", (event) => holdsFiles(event) && (event.preventDefault(), mark(true)), true);
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && mark(false), true);
  document.addEventListener("drop", async (event) => {
    mark(false);
    if (!holdsFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
    const given = new DataTransfer();
    (await Promise.all(entries.map(filesIn))).flat().forEach((file) => given.items.add(file));
    if (!given.files.length) return;
    const box = await boxFor("files");
    box.files = given.files;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }, true);
  // Gradio says nothing, or "Error", when the program has ended; one that was started anew knows nothing of this page.
  const gone = document.createElement("p");
  gone.id = "gone";
  gone.setAttribute("role", "alert");
  document.body.append(gone);
  let first;
  setInterval(async () => {
    const now = await fetch("gradio_api/app_id", { signal: AbortSignal.timeout(2500) })
      .then((reply) => (reply.ok ? reply.text() : null))
      .catch(() => null);
    first ??= now;
    const said = now === null
      ? "The program that answers here cannot be reached any more. If it has ended, start it again; then reload this page."
      : now === first ? "" : "The program was started again. Reload this page; your conversations are under “Earlier”.";
    if (gone.textContent !== said) gone.textContent = said;
  }, 3000);
}
