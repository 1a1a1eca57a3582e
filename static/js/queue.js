// The review queue with a script: keys, the countdown of a decision, who looks at a case. All of it works without.

const acts = document.querySelector("[data-acts]");

// --- keys: by their place on the keyboard, so that they work while Korean is typed with; never in a field ---
function isTyping(event) {
  const { target } = event;
  return target.matches("textarea, select, input:not([type=radio], [type=checkbox])") || target.isContentEditable;
}

function isOurs(event) {
  return !(event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey || isTyping(event));
}

const reasons = () => [...acts.querySelectorAll("input[name=reason_code]")];

function choose(number) {
  const reason = reasons()[number - 1];
  if (!reason) return;
  reason.checked = true;
  reason.focus();
  reason.dispatchEvent(new Event("change", { bubbles: true }));
}

function press(code) {
  // The bar on top counts: what was decided last is what is taken back.
  const control = document.querySelector(`undo-toast [data-key=${code}]`) ?? document.querySelector(`[data-key=${code}]`);
  control?.click();
  return Boolean(control);
}

function walk(step) {
  const links = [...document.querySelectorAll(".review .queue-list a")];
  const at = links.indexOf(document.activeElement);
  links[Math.max(0, Math.min(links.length - 1, at + step))]?.focus();
  return links.length > 0;
}

function act(event) {
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
  if (acts && digit) return choose(Number(digit)), true;
  if (acts && event.code === "KeyR") return (reasons().find((one) => one.checked) ?? reasons()[0]).focus(), true;
  if (acts && event.code === "KeyN") {
    const notes = acts.querySelector("details.notes");
    notes.open = true;
    return notes.querySelector("textarea").focus(), true;
  }
  const isReason = event.target.matches("input[name=reason_code]");
  if (acts && event.code.endsWith("Enter") && (isReason || event.target === document.body)) {
    if (!reasons().some((one) => one.checked)) return false;
    return acts.querySelector("[data-remove]").click(), true;
  }
  if (event.code === "Slash" && event.shiftKey) {
    const help = document.querySelector("details.keys");
    if (help) help.open = !help.open;
    return Boolean(help);
  }
  if (!/^Key[AIUJK]$/.test(event.code)) return false;
  return press(event.code) || (/^Key[JK]$/.test(event.code) && walk(event.code === "KeyJ" ? 1 : -1));
}

document.addEventListener("keydown", (event) => {
  if (isOurs(event) && !event.repeat && act(event)) event.preventDefault();
});

// --- what the author will read: the sentence of the chosen reason, in the author's language ---
const preview = document.querySelector("[data-preview]");

function show() {
  const chosen = acts.querySelector("input[name=reason_code]:checked");
  const note = acts.querySelector("#note_author").value.trim();
  preview.textContent = (chosen?.dataset.message ?? preview.dataset.open) + (note ? ` ${note}` : "");
}

if (acts && preview) {
  acts.addEventListener("change", show);
  acts.addEventListener("input", show);
  show();
}

// --- <undo-toast data-seconds="30">: counts down to the moment when people are told ---
customElements.define(
  "undo-toast",
  class extends HTMLElement {
    connectedCallback() {
      const until = Date.now() + Number(this.dataset.seconds) * 1000;
      const said = this.querySelector("[data-said]");
      const left = this.querySelector("[data-left]");
      // A region that is there with its words from the start is not read out; one that gets them afterwards is.
      const words = [...said.childNodes];
      said.replaceChildren();
      setTimeout(() => said.replaceChildren(...words), 100);
      if (!left) return;
      // The seconds change for the eyes alone: read out, they would drown everything else.
      left.setAttribute("aria-hidden", "true");
      const timer = setInterval(() => {
        const seconds = Math.ceil((until - Date.now()) / 1000);
        if (seconds > 0) {
          left.textContent = String(seconds);
          return;
        }
        clearInterval(timer);
        said.textContent = this.dataset.told;
        setTimeout(() => this.contains(document.activeElement) || this.remove(), 10_000);
      }, 500);
    }
  },
);

// --- <case-claim data-case="7">: says that this person looks, again every minute, and lets go when the page closes ---
customElements.define(
  "case-claim",
  class extends HTMLElement {
    connectedCallback() {
      this.token = this.querySelector("[name=csrf_token]")?.value ?? acts?.querySelector("[name=csrf_token]").value;
      if (!this.token) return;
      this.take();
      const timer = setInterval(() => document.hidden || this.take(), 60_000);
      addEventListener("pagehide", () => {
        clearInterval(timer);
        navigator.sendBeacon(`/mod/cases/${this.dataset.case}/release`, this.data());
      });
    }

    data() {
      const data = new FormData();
      data.set("csrf_token", this.token);
      return data;
    }

    async take() {
      const headers = { "X-Fragment": "claim" };
      const answer = await fetch(`/mod/cases/${this.dataset.case}/claim`, { method: "POST", body: this.data(), headers }).catch(() => null);
      if (!answer?.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const line = page.querySelector(".claim-line");
      if (!line) return;
      this.querySelector(".claim-line")?.replaceWith(line);
      // The button is for who has no script; taking a case from somebody else stays.
      this.querySelector("form:not(:has([name=take_over]))")?.remove();
    }
  },
);
