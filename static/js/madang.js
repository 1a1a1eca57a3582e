// What the pages do better with a script; everything here works without it, only with a page load more.

const words = document.body.dataset;

// --- menus: one open at a time, Escape and a click elsewhere close it, the focus goes back ---
const menus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of menus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// --- a message that goes by itself ---
function toast(said) {
  document.querySelector(".toast")?.remove();
  const box = document.createElement("p");
  box.className = "toast";
  box.setAttribute("role", "alert");
  box.textContent = said;
  document.body.append(box);
  setTimeout(() => box.remove(), 6000);
}

// --- votes: shown at once, swapped for what the server says, taken back when it refuses ---
function shown(form, was, wanted) {
  for (const button of form.querySelectorAll("button")) {
    const mine = button.classList.contains("down") ? -1 : 1;
    button.setAttribute("aria-pressed", String(wanted === mine));
  }
  const output = form.querySelector("output");
  const score = Number((output.textContent || "0").replaceAll(",", ""));
  output.textContent = (score + wanted - was).toLocaleString("en");
}

async function cast(form, button) {
  const before = form.cloneNode(true);
  const was = Number(form.dataset.vote);
  const data = new FormData(form, button);
  shown(form, was, { up: 1, clear: 0, down: -1 }[button.value]);
  form.setAttribute("aria-busy", "true");
  const wasDown = button.classList.contains("down");
  try {
    const answer = await fetch(form.action, { method: "POST", body: data, headers: { "X-Fragment": "vote" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const control = page.querySelector("form[data-vote]");
    if (!answer.ok || !control) throw new Error(page.querySelector("[data-reason]")?.textContent || words.failed);
    form.replaceWith(control);
    (control.querySelector(wasDown ? "button.down" : "button") ?? control).focus({ preventScroll: true });
  } catch (error) {
    form.replaceWith(before);
    toast(error instanceof TypeError ? words.failed : error.message);
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-vote]") || !event.submitter) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") !== "true") cast(form, event.submitter);
});

// --- forms: a second click sends nothing, the button says that it works ---
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  event.submitter?.setAttribute("aria-busy", "true");
});

addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  if (event.target.matches("form[data-form] textarea")) event.target.form.requestSubmit();
});

// --- drafts: what is typed stays in this browser until it has been sent ---
const DRAFT = "draft:";
const SENT = "sent";
const store = (() => {
  try {
    localStorage.setItem("probe", "1");
    localStorage.removeItem("probe");
    return localStorage;
  } catch {
    return null;
  }
})();

function fields(form) {
  return [...form.elements].filter((one) => one.name && one.name !== "csrf_token" && one.type !== "hidden" && one.type !== "submit");
}

function typed(form) {
  const values = {};
  for (const one of fields(form)) {
    if (one.type === "radio" || one.type === "checkbox") {
      if (one.checked) values[one.name] = one.value;
    } else if (one.value !== one.defaultValue) values[one.name] = one.value;
  }
  return values;
}

function fill(form, values) {
  for (const one of fields(form)) {
    if (!(one.name in values)) continue;
    if (one.type === "radio" || one.type === "checkbox") one.checked = one.value === values[one.name];
    else one.value = values[one.name];
    one.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function offerToDiscard(form, key) {
  const note = document.createElement("p");
  const button = document.createElement("button");
  note.className = "hint draft";
  note.setAttribute("role", "status");
  button.type = "button";
  button.className = "linkish";
  button.textContent = words.discard;
  button.addEventListener("click", () => {
    store.removeItem(key);
    form.reset();
    note.remove();
    form.querySelector("textarea")?.focus();
  });
  note.append(words.draft, " ", button);
  form.append(note);
}

function keepDraft(form) {
  const key = DRAFT + form.dataset.form;
  const kept = store.getItem(key);
  if (kept && !("failed" in form.dataset)) {
    const values = JSON.parse(kept);
    const texts = fields(form).filter((one) => one.type === "textarea" && values[one.name]);
    if (texts.length) {
      fill(form, values);
      const fold = form.closest("details");
      if (fold) fold.open = true;
      offerToDiscard(form, key);
    }
  }
  let timer = 0;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const values = typed(form);
      const hasText = fields(form).some((one) => one.type === "textarea" && one.value.trim());
      if (hasText) store.setItem(key, JSON.stringify(values));
      else store.removeItem(key);
    }, 400);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    store.setItem(key, JSON.stringify(typed(form)));
    sessionStorage.setItem(SENT, form.dataset.form);
  });
}

if (store) {
  const sent = sessionStorage.getItem(SENT);
  const refused = document.querySelector("form[data-failed], main[data-error]") || location.pathname === "/login";
  if (sent && !refused) store.removeItem(DRAFT + sent);
  if (sent) sessionStorage.removeItem(SENT);
  document.querySelectorAll("form[data-form]").forEach(keepDraft);
}

// --- text areas grow where the browser does not do it ---
if (!CSS.supports("field-sizing", "content")) {
  document.addEventListener("input", ({ target }) => {
    if (!(target instanceof HTMLTextAreaElement)) return;
    target.style.blockSize = "auto";
    target.style.blockSize = `${target.scrollHeight + 2}px`;
  });
}

// --- how many characters are used: <char-count for="title" max="150" from="0"> ---
customElements.define(
  "char-count",
  class extends HTMLElement {
    connectedCallback() {
      const input = document.getElementById(this.getAttribute("for"));
      const most = Number(this.getAttribute("max"));
      const from = Number(this.getAttribute("from") ?? 0) * most;
      const show = () => {
        const length = input.value.length;
        this.textContent = length >= from ? `${length.toLocaleString("en")} / ${most.toLocaleString("en")}` : "";
        this.classList.toggle("over", length > most);
      };
      input.addEventListener("input", show);
      show();
    }
  },
);

// --- Markdown around the selection: <md-tools for="body"> ---
const AROUND = { bold: ["**", "**"], link: ["[", "](https://)"], code: ["`", "`"] };
const BEFORE = { list: "- ", quote: "> " };

function marked(kind, text) {
  if (kind === "code" && text.includes("\n")) return `\`\`\`\n${text}\n\`\`\``;
  if (kind in AROUND) return AROUND[kind][0] + text + AROUND[kind][1];
  return text
    .split("\n")
    .map((line) => BEFORE[kind] + line)
    .join("\n");
}

customElements.define(
  "md-tools",
  class extends HTMLElement {
    connectedCallback() {
      this.hidden = false;
      const area = document.getElementById(this.getAttribute("for"));
      // The press must not take the focus from the text, or the reply box would fold.
      this.addEventListener("mousedown", (event) => event.preventDefault());
      this.addEventListener("click", (event) => {
        const kind = event.target.closest("[data-md]")?.dataset.md;
        if (kind) this.apply(area, kind);
      });
    }

    apply(area, kind) {
      area.focus();
      const { selectionStart: start, selectionEnd: end, value } = area;
      const begins = kind in BEFORE ? value.lastIndexOf("\n", start - 1) + 1 : start;
      const text = value.slice(begins, end);
      const made = marked(kind, text);
      area.setSelectionRange(begins, end);
      // The one way that keeps the browser's own undo; where it is missing, the text is replaced without it.
      if (!document.execCommand("insertText", false, made)) area.setRangeText(made, begins, end, "end");
      if (!text && kind in AROUND) {
        const inside = begins + AROUND[kind][0].length;
        area.setSelectionRange(inside, inside);
      }
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }
  },
);

// --- what went wrong is read first ---
document.querySelector("[data-focus]")?.focus();
