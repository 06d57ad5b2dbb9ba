// What every page needs beside htmx: the form token, one press is one request, dialogs, and words when the line is lost.
(() => {
  "use strict";
  const all = (selector, root = document) => root.querySelectorAll(selector);
  const say = (words, kind = "bad") => {
    const place = document.getElementById("said");
    if (!place || !words) return;
    place.textContent = words;
    place.className = `alert ${kind}`;
    place.hidden = false;
    place.scrollIntoView({ block: "nearest" });
  };
  window.zerek = { say };

  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector("meta[name=csrf-token]");
    if (token) event.detail.headers["X-CSRFToken"] = token.content;
  });

  // One press is one request. The button is switched off a moment later, so that its own name still travels with the form.
  const rest = (form) => {
    form.setAttribute("aria-busy", "true");
    setTimeout(() => all("button:not([type=button])", form).forEach((button) => { button.disabled = true; }));
    setTimeout(wake, 20000, form); // an answer that is a file leaves the page where it is
  };
  const wake = (form) => {
    form.removeAttribute("aria-busy");
    all("button:not([type=button])", form).forEach((button) => { button.disabled = false; });
  };
  const sends = (form) => form.method === "post" || form.hasAttribute("hx-post");
  const guarded = (element) => element instanceof HTMLFormElement && sends(element) && !("again" in element.dataset);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!guarded(form) || event.defaultPrevented) return;
    if (form.getAttribute("aria-busy")) event.preventDefault();
    else rest(form);
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt;
    if (!guarded(form)) return;
    if (form.getAttribute("aria-busy")) event.preventDefault();
    else rest(form);
  });
  document.addEventListener("htmx:afterRequest", (event) => { if (guarded(event.detail.elt)) wake(event.detail.elt); });
  window.addEventListener("pageshow", () => { all("form[aria-busy]").forEach(wake); });

  const lost = () => say(document.getElementById("said")?.dataset.lost);
  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:timeout", lost);
  document.addEventListener("htmx:responseError", (event) => {
    const answer = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    say(answer.querySelector("[data-sentence]")?.textContent.trim());
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    else if (event.target.closest("[data-closes]") || event.target.matches("dialog[open]")) event.target.closest("dialog").close();
    all("details.drop[open]").forEach((drop) => { if (!drop.contains(event.target)) drop.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    all("details.drop[open]").forEach((drop) => { drop.open = false; drop.querySelector("summary").focus(); });
  });
})();
