// What makes the pages better where scripts run. Everything works without it, and nothing typed is ever kept by it (R161).
"use strict";

const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// The list of youths: the search stays in the page, no name goes into an address.
function filterLists(root) {
  each("[data-filter]", (box) => {
    const input = box.querySelector("input");
    const status = box.querySelector("[role=status]");
    const items = [...document.querySelectorAll(`#${box.dataset.filter} > li`)];
    box.hidden = false;
    input.addEventListener("input", () => {
      const wanted = plain(input.value.trim());
      const shown = items.filter((item) => {
        item.hidden = !plain(item.querySelector("strong").textContent).includes(wanted);
        return !item.hidden;
      });
      status.textContent = !wanted ? "" : shown.length ? `${shown.length} ${input.dataset.some}` : input.dataset.none;
    });
  }, root);
}

function countSigns(root) {
  each("[data-count]", (line) => {
    const area = document.getElementById(line.dataset.count);
    const show = () => {
      const left = Number(area.dataset.limit) - [...area.value].length;
      line.hidden = left > 300;
      line.textContent = left < 0 ? `${-left} ${line.dataset.over}` : `${left} ${line.dataset.left}`;
      line.classList.toggle("error", left < 0);
    };
    area.addEventListener("input", show);
    show();
  }, root);
}

function dayShortcuts(root) {
  each("[data-days]", (row) => {
    const input = row.querySelector("input");
    each("[data-day]", (button) => {
      button.hidden = false;
      button.addEventListener("click", () => {
        const day = new Date();
        day.setDate(day.getDate() + Number(button.dataset.day));
        input.value = [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
        input.dispatchEvent(new Event("input", { bubbles: true }));
      });
    }, row);
  }, root);
}

// A radio that was tapped by mistake can be tapped off again when its question needs no answer.
function optionalRadios(root) {
  each("fieldset:not(:has([required])) input[type=radio]", (radio) => {
    let was = radio.checked;
    radio.closest("label").addEventListener("pointerdown", () => { was = radio.checked; });
    radio.addEventListener("click", () => { if (was) { radio.checked = false; was = false; } });
  }, root);
}

// Forms are sent from inside the page: without network the text stays where it is; a double tap sends once.
let dirty = false;
function guardForms(root) {
  each("form[data-guard]", (form) => {
    form.addEventListener("input", () => { dirty = true; });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const button = form.querySelector("button[type=submit]");
      if (button.getAttribute("aria-disabled")) return;
      button.setAttribute("aria-disabled", "true");
      send(form).catch(() => say(form, true)).finally(() => button.removeAttribute("aria-disabled"));
    });
  }, root);
}

async function send(form) {
  const answer = await fetch(form.action, {
    method: "POST",
    body: new URLSearchParams(new FormData(form)),
    headers: { "Sillage-Page": "1", Accept: "text/html" },
  });
  const next = answer.headers.get("Sillage-Next");
  if (next) {
    dirty = false;
    location.assign(next);
    return;
  }
  replaceMain(await answer.text());
}

// The answer is a page: the form shown again with what is to be mended, or a refusal.
function replaceMain(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  document.querySelector("main").replaceWith(document.adoptNode(page.querySelector("main")));
  document.title = page.title;
  start(document.querySelector("main"));
  window.scrollTo(0, 0);
  (document.getElementById("erreurs") || document.querySelector("main")).focus();
}

function say(form, offline) {
  let line = form.querySelector(".offline");
  if (!line) {
    line = document.createElement("p");
    line.className = "errors offline";
    line.setAttribute("role", "alert");
    form.querySelector(".actions")?.before(line);
  }
  line.textContent = offline ? document.body.dataset.offline : document.body.dataset.online;
}

window.addEventListener("online", () => each(".offline", (line) => say(line.closest("form"), false)));
window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

// The progress of an erasure moves by itself, until it is done.
function followProgress(root) {
  each("[data-progress=waiting]", () => setTimeout(() => location.reload(), 3000), root);
}

// An import at work: the bar moves in place, and the page turns into its result when the work is over.
function followImport(root) {
  each("[data-import]", (box) => setTimeout(async () => {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const bar = page.querySelector("[data-import] progress");
      if (!bar) return location.replace(answer.url);
      box.querySelector("progress").value = bar.value;
      box.querySelector("output").textContent = page.querySelector("[data-import] output").textContent;
    } catch {
      // Without network the bar stands still, and goes on when it is back.
    }
    followImport(root);
  }, 700), root);
}

// A file that is too large is said at once, instead of after minutes of sending.
function checkFiles(root) {
  each("input[type=file][data-largest]", (input) => input.addEventListener("change", () => {
    const large = input.files[0] && input.files[0].size > Number(input.dataset.largest);
    input.setCustomValidity(large ? input.dataset.tooLarge : "");
    input.reportValidity();
  }), root);
}

// A passkey (WebAuthn): the form is shown where the browser has one; the authenticator's answer goes into it, and it is sent as any other.
const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const textOf = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function passkeys(root) {
  if (!window.PublicKeyCredential) return;
  each("form[data-passkey]", (form) => {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      show(form);
    });
    if ("atOnce" in form.dataset) show(form);
  }, root);
}

async function show(form) {
  const status = form.querySelector("[role=status]");
  status.textContent = "";
  try {
    const asked = await fetch(form.dataset.passkey, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!asked.ok) throw new Error("no challenge");
    form.elements.answer.value = JSON.stringify(await answered(await asked.json()));
    form.submit();
  } catch {
    status.textContent = form.dataset.refused;
  }
}

async function answered(options) {
  const decoded = (list) => (list || []).map((one) => ({ ...one, id: bytesOf(one.id) }));
  const publicKey = { ...options, challenge: bytesOf(options.challenge) };
  const makes = "user" in options;
  if (makes) publicKey.user = { ...options.user, id: bytesOf(options.user.id) };
  if (makes) publicKey.excludeCredentials = decoded(options.excludeCredentials);
  else publicKey.allowCredentials = decoded(options.allowCredentials);
  const made = await (makes ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }));
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (made.response[name]) response[name] = textOf(made.response[name]);
  }
  return { id: made.id, rawId: textOf(made.rawId), type: made.type, response, clientExtensionResults: {} };
}

// The code of an invitation stands behind the « # » of its link, which is never sent: it goes into the field, and out of the address.
function codeFromAddress(root) {
  each("form[data-code-from-address]", (form) => {
    if (!location.hash.match(/^#[0-9A-Za-z-]{24,40}$/)) return;
    form.elements.invitation.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    form.submit();
  }, root);
}

function start(root) {
  const parts = [filterLists, countSigns, dayShortcuts, optionalRadios, guardForms, followProgress, followImport, checkFiles];
  [...parts, passkeys, codeFromAddress].forEach((part) => part(root));
}

start(document);
document.getElementById("erreurs")?.focus();
