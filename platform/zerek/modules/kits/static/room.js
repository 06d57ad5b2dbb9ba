// Pages of kits: hears the room's stream, shows what kits do, runs and stops programs without leaving the page.
(() => {
  "use strict";
  const words = JSON.parse(document.getElementById("kit-words")?.dataset.words || "{}");
  const page = document.documentElement.lang;
  const tongue = page === "kk" ? "ru" : page; // numbers are written alike, and few browsers know Kazakh
  const TONES = { ready: "good", running: "sea", lost: "bad", booting: "warn" };
  const MOST_TEXT = 100000, POINTS = 60, SILENCE = 25000, LATE = 4000, POLL_EVERY = 3000;
  const number = (value, digits) => value.toLocaleString(tongue, { maximumFractionDigits: digits });
  const put = (root, name, text) => {
    const place = root.querySelector(`[data-f=${name}]`);
    if (place && place.textContent !== text) place.textContent = text;
  };

  class Kit {
    constructor(element) {
      this.element = element;
      this.points = [];
      this.supply = "usb";
    }

    state(kit) {
      this.supply = kit.supply;
      const badge = this.element.querySelector("[data-f=state]");
      badge.className = `badge ${TONES[kit.state] || ""}`;
      put(this.element, "state", words[kit.state]);
      if (this.element.matches(".kit")) this.element.className = `card kit ${kit.state === "ready" ? "online" : kit.state}`;
      put(this.element, "word", kit.last_word || "—");
      put(this.element, "run", this.run(kit.run));
      if (kit.distances.length) this.points = kit.distances.slice();
      this.battery(kit.battery_mv);
      if (kit.state === "offline") this.forget();
      else this.gauges(kit.telemetry);
      this.draw();
    }

    run(run) {
      if (!run) return "";
      if (run.state !== "ended") return `${run.person} · ${run.state === "asked" ? words.asked : words.doing}`;
      const told = run.reason === "lost" ? words.gone : words[run.reason];
      return `${run.person} · ${told}${run.detail && run.detail !== told ? ` ${run.detail}` : ""}`;
    }

    telemetry(told) {
      if (told.last_word) put(this.element, "word", told.last_word);
      if (told.battery_mv) this.battery(told.battery_mv);
      if ("distance_cm" in told) {
        this.points.push(told.distance_cm);
        if (this.points.length > POINTS) this.points.shift();
      }
      this.gauges(told);
      this.draw();
    }

    battery(mv) {
      const volts = mv ? ` ${number(mv / 1000, 1)} ${words.volts}` : "";
      put(this.element, "supply", `${words[this.supply]}${volts}`);
    }

    gauges(told) {
      if ("distance_cm" in told) put(this.element, "distance", `${number(told.distance_cm, 0)} ${words.cm}`);
      if ("left" in told) put(this.element, "wheels", `${number(told.left * 100, 0)} % · ${number(told.right * 100, 0)} %`);
      if ("led" in told) put(this.element, "led", told.led ? words.on : words.off);
    }

    forget() {
      this.points = [];
      for (const name of ["distance", "wheels", "led"]) put(this.element, name, "—");
    }

    draw() {
      const line = this.element.querySelector("[data-f=spark] polyline");
      if (!line) return;
      const most = Math.max(50, ...this.points) * 1.3;
      line.setAttribute("points", this.points.map((cm, i) => `${(i * 120) / (POINTS - 1)},${27 - (cm * 26) / most}`).join(" "));
    }
  }

  class Page {
    constructor(root) {
      this.root = root;
      this.kits = new Map();
      this.console = root.querySelector("[data-console]");
      this.runId = "";
      this.seq = -1;
      root.querySelectorAll("[data-kit]").forEach((element) => this.kits.set(Number(element.dataset.kit), new Kit(element)));
      this.chooser = root.querySelector("[data-choose]");
      this.chooser?.addEventListener("change", () => this.choose());
      root.addEventListener("submit", (event) => this.press(event));
      if (this.chooser) this.choose();
      else this.open();
      setInterval(() => { if (this.stream && Date.now() - this.heard > SILENCE) this.open(); }, 5000);
    }

    choose() {
      const chosen = this.chooser.selectedOptions[0];
      Object.assign(this.root.dataset, { stream: chosen.dataset.stream, state: chosen.dataset.state });
      const element = this.root.querySelector("[data-kit]");
      element.dataset.kit = chosen.value;
      element.querySelector("[data-run-form]").action = chosen.dataset.run;
      element.querySelector("[data-stop-form]").action = chosen.dataset.stop;
      const mark = element.querySelector("[data-mark]");
      if (mark) mark.hidden = !("marked" in chosen.dataset);
      this.kits = new Map([[Number(chosen.value), new Kit(element)]]);
      this.kits.get(Number(chosen.value)).forget();
      this.begin("");
      this.open();
    }

    open() {
      this.stream?.close();
      clearTimeout(this.poll);
      this.heard = Date.now();
      this.stream = new EventSource(this.address(this.root.dataset.stream));
      const on = (name, act) => this.stream.addEventListener(name, (event) => {
        this.heard = Date.now();
        act(JSON.parse(event.data));
      });
      on("state", (told) => this.state(told));
      on("telemetry", (told) => this.kits.get(told.kit)?.telemetry(told));
      on("output", (told) => told.pieces.forEach((piece) => this.print(piece)));
      this.stream.onopen = () => this.lost(false);
      this.stream.onerror = () => {
        if (this.stream?.readyState === EventSource.CLOSED) this.ask(0);
        else this.late ??= setTimeout(() => this.lost(true), LATE); // the server ends a stream now and then
      };
    }

    address(path) {
      return this.seq < 0 ? path : `${path}${path.includes("?") ? "&" : "?"}after=${this.runId}.${this.seq}`;
    }

    // No stream is to be had (too many pages watch): ask for the state now and then, and now and then for a stream.
    async ask(times) {
      this.stream = null;
      try {
        const answer = await fetch(this.address(this.root.dataset.state), { headers: { Accept: "application/json" } });
        if (answer.ok) this.state(await answer.json());
        this.lost(!answer.ok);
      } catch {
        this.lost(true);
      }
      this.poll = setTimeout(() => (times < 9 ? this.ask(times + 1) : this.open()), POLL_EVERY);
    }

    lost(broken) {
      clearTimeout(this.late);
      this.late = null;
      const line = this.root.querySelector("[data-line]");
      if (line) line.hidden = !broken;
    }

    state({ room, kits, output }) {
      this.lost(false);
      const away = this.root.querySelector("[data-away]");
      if (away) away.hidden = room.online;
      this.latch(room.stop);
      const known = kits.filter((kit) => this.kits.has(kit.id));
      known.forEach((kit) => this.kits.get(kit.id).state(kit));
      if (!this.chooser && !this.console && kits.length !== this.kits.size) location.reload(); // a kit came or was taken
      output.forEach((piece) => this.print(piece));
      const mine = this.console && known[0];
      if (!mine) return;
      const run = this.root.querySelector("[data-run-button]");
      if (run) run.disabled = mine.state !== "ready" || Boolean(room.stop);
    }

    latch(stop) {
      const place = this.root.querySelector("[data-latch]");
      if (!place) return;
      place.hidden = !stop;
      if (!stop) return;
      place.querySelector("[data-latch-by]").textContent = stop.by ? words.stopped_by.replace("%(name)s", stop.by) : words.stopped_at;
      place.querySelector("[data-latch-at]").textContent = stop.at;
      place.querySelector("[data-latch-heard]").textContent = stop.heard ? words.heard : words.unheard;
    }

    begin(run) {
      this.runId = run;
      this.seq = -1;
      if (this.console) this.console.textContent = "";
    }

    print(piece) {
      if (!this.console) return;
      if (piece.run !== this.runId) this.begin(piece.run);
      if (piece.seq <= this.seq) return;
      this.seq = piece.seq;
      const low = this.console.scrollTop + this.console.clientHeight >= this.console.scrollHeight - 30;
      const span = document.createElement("span");
      if (piece.stream === "stderr") span.className = "warn";
      span.textContent = piece.text;
      this.console.append(span);
      while (this.console.textContent.length > MOST_TEXT) this.console.firstChild.remove();
      if (low) this.console.scrollTop = this.console.scrollHeight;
    }

    async press(event) {
      const form = event.target;
      if (!form.matches("[data-quick]")) return;
      event.preventDefault();
      const stops = form.matches("[data-stop-form]");
      if (!stops && form.getAttribute("aria-busy")) return;
      form.setAttribute("aria-busy", "true");
      try {
        const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
        const told = await answer.json();
        if (!answer.ok) window.zerek.say(told.error);
        else if (told.word) window.zerek.say(told.word);
        else document.getElementById("said").hidden = true;
        if (answer.ok && told.run && told.run !== this.runId) this.begin(told.run);
      } catch {
        window.zerek.say(stops ? words.not_sent : document.getElementById("said").dataset.lost);
      } finally {
        form.removeAttribute("aria-busy");
      }
    }
  }

  document.querySelectorAll("[data-kits]").forEach((root) => new Page(root));
})();
