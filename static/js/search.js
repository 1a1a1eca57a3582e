// What the search boxes do while somebody types; everything works without it, by sending the form.

const REST = 200; // milliseconds without a key before the server is asked
const SHORTEST = 2;

async function fragment(address, signal) {
  const answer = await fetch(address, { signal, headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.text();
}

// Asks after a rest, the last question only.
function asker(show) {
  let timer = 0;
  let asking = null;
  return (address) => {
    clearTimeout(timer);
    asking?.abort();
    if (!address) return show("");
    timer = setTimeout(async () => {
      asking = new AbortController();
      try {
        show(await fragment(address, asking.signal));
      } catch (error) {
        if (error.name !== "AbortError") show("");
      }
    }, REST);
  };
}

// --- a list under a search box: <search-suggest for="q"> ---
customElements.define(
  "search-suggest",
  class extends HTMLElement {
    connectedCallback() {
      this.input = document.getElementById(this.getAttribute("for"));
      this.place = -1;
      const list = `${this.input.id}-suggestions`;
      for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list]]) {
        this.input.setAttribute(name, value);
      }
      const ask = asker((html) => this.show(html, list));
      this.input.addEventListener("input", () => {
        const typed = this.input.value.trim();
        ask(typed.length < SHORTEST ? "" : `/search/suggest?q=${encodeURIComponent(typed)}`);
      });
      this.input.addEventListener("keydown", (event) => this.key(event));
      this.input.addEventListener("blur", () => setTimeout(() => this.contains(document.activeElement) || this.close(), 150));
    }

    get options() {
      return [...this.querySelectorAll("[role=option]")];
    }

    show(html, id) {
      this.innerHTML = html;
      const list = this.querySelector("ul");
      if (list) list.id = id;
      this.options.forEach((option, number) => (option.id = `${id}-${number}`));
      this.place = -1;
      this.hidden = !this.options.length;
      this.input.setAttribute("aria-expanded", String(!this.hidden));
      this.input.removeAttribute("aria-activedescendant");
    }

    close() {
      this.show("", "");
    }

    key(event) {
      if (event.isComposing || !this.options.length) return;
      if (event.key === "Escape") {
        event.preventDefault();
        this.close();
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        this.move(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Enter" && this.place >= 0) {
        event.preventDefault();
        this.options[this.place].querySelector("a").click();
      }
    }

    move(step) {
      const { options } = this;
      // One place beside the options is the box itself.
      this.place = ((this.place + 1 + step + options.length + 1) % (options.length + 1)) - 1;
      options.forEach((option, number) => option.setAttribute("aria-selected", String(number === this.place)));
      if (this.place < 0) this.input.removeAttribute("aria-activedescendant");
      else this.input.setAttribute("aria-activedescendant", options[this.place].id);
    }
  },
);

// --- threads that may answer a question before it is asked: <similar-questions for="title"> ---
customElements.define(
  "similar-questions",
  class extends HTMLElement {
    connectedCallback() {
      const input = document.getElementById(this.getAttribute("for"));
      const place = this.querySelector("[aria-live]");
      const show = (html) => {
        place.innerHTML = html;
        this.hidden = !place.querySelector("li");
      };
      this.hidden = !place.querySelector("li");
      const ask = asker(show);
      input.addEventListener("input", () => {
        const title = input.value.trim();
        ask(title.length < 6 ? "" : `/search/similar?title=${encodeURIComponent(title)}`);
      });
    }
  },
);
