// The page works without this file. With it, what one looks at follows what happens, and what one
// is about to say or to choose stays: the server sends whole pages, and only what differs from
// what is shown is changed.
"use strict";

const QUICK = 300, CALM = 1000; // milliseconds between two looks
const KEPT = new Set(["open", "aria-busy"]); // attributes that are not the server's

const one = (selector) => document.querySelector(selector);

let etag = "";
let turn = 0; // a look that was asked for before an act is not shown after it

// Changing what is shown

function makeAlike(here, there) {
  if (here.nodeType !== Node.ELEMENT_NODE) {
    if (here.data !== there.data) here.data = there.data;
    return;
  }
  if ("keep" in here.dataset || here.isEqualNode(there)) return;
  for (const { name } of [...here.attributes])
    if (!there.hasAttribute(name) && !KEPT.has(name)) here.removeAttribute(name);
  for (const { name, value } of there.attributes)
    if (here.getAttribute(name) !== value) here.setAttribute(name, value);
  makeChildrenAlike(here, there);
}

// Elements with an id are found by it, wherever they are; others by their place.
function makeChildrenAlike(here, there) {
  const wanted = new Set(Array.from(there.children, (child) => child.id));
  for (const child of [...here.children]) if (child.id && !wanted.has(child.id)) child.remove();
  const named = new Map(Array.from(here.children, (child) => [child.id, child]));
  let next = here.firstChild;
  for (const child of [...there.childNodes]) {
    const same = child.id ? named.get(child.id) : next;
    if (same?.nodeName !== child.nodeName || same.id !== child.id) {
      here.insertBefore(child, next);
      continue;
    }
    if (same === next) next = next.nextSibling;
    else here.insertBefore(same, next);
    makeAlike(same, child);
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

async function show(answer) {
  if (answer.status !== 200) return;
  etag = answer.headers.get("ETag") ?? "";
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const stays = isAtEnd();
  const modal = one(".modal")?.dataset.hash;
  document.title = page.title;
  makeChildrenAlike(document.body, page.body);
  if (one(".modal")?.dataset.hash !== modal) greet();
  if (stays) goToEnd();
  markNews();
}

function isAtEnd() {
  const { scrollHeight, scrollTop, clientHeight } = one("[role=log]") ?? document.body;
  return scrollHeight - scrollTop - clientHeight < 80;
}

function goToEnd() {
  const log = one("[role=log]");
  log?.scrollTo({ top: log.scrollHeight });
}

// To where one goes on: into the modal, or back to the line to write in.
function greet() {
  if (document.activeElement.matches(".modal .fill *")) return;
  const places = [
    ".modal [autofocus]",
    ".modal .fill :is(input:not([type=hidden]), select, textarea)",
    ".modal .fill button",
    ".modal footer button:last-child",
    "[data-enter][autofocus]",
  ];
  one(".fill")?.scrollTo({ top: 0 });
  places.map(one).find(Boolean)?.focus();
}

// A conversation is news while its newest message is one that this person has not looked at.
function markNews() {
  for (const entry of document.querySelectorAll("[data-latest]")) {
    const { search, dataset: { latest } } = entry;
    if (entry.hasAttribute("aria-current")) sessionStorage.setItem(search, latest);
    entry.classList.toggle("news", latest > (sessionStorage.getItem(search) ?? ""));
  }
}

// Asking

async function follow() {
  if (!document.hidden) await look().catch(() => {});
  setTimeout(follow, one(".modal, [aria-busy]") ? QUICK : CALM);
}

async function look() {
  const asked = turn;
  const headers = { "If-None-Match": etag };
  const answer = await fetch(location.href, { cache: "no-store", headers });
  if (asked === turn) await show(answer);
}

async function act(form, button) {
  if (form.hasAttribute("aria-busy")) return;
  const body = new FormData(form, button);
  const address = button?.getAttribute("formaction") ?? form.getAttribute("action");
  for (const dialog of form.querySelectorAll("dialog[open]")) dialog.close();
  for (const menu of document.querySelectorAll(":popover-open")) menu.hidePopover();
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { method: "POST", body });
    if (!answer.ok) throw new Error(await answer.text());
    turn += 1;
    history.replaceState(null, "", answer.url);
    await show(answer);
    if (form.elements.text?.value === body.get("text") && !one(".problem")) form.reset();
    one(".wrong :is(input, select, textarea)")?.focus();
  } finally {
    form.removeAttribute("aria-busy");
  }
}

async function suggest(search) {
  const { suggest: address, menu, kind } = search.dataset;
  const { view_id: view, message_ts: message } = search.form.elements;
  const body = new FormData();
  if (view) body.set("view_id", view.value);
  if (message) body.set("message_ts", message.value);
  for (const [name, value] of Object.entries({ menu, kind, typed: search.value }))
    body.set(name, value);
  const answer = await fetch(address, { method: "POST", body });
  const options = search.nextElementSibling;
  const chosen = Array.from(options.querySelectorAll(":checked"), (box) => box.closest("label"));
  options.innerHTML = await answer.text();
  for (const label of chosen) {
    const twin = options.querySelector(`[value="${CSS.escape(label.control.value)}"]`);
    twin?.closest("label").remove();
    options.prepend(label);
  }
}

// What people do

document.addEventListener("submit", (event) => {
  event.preventDefault();
  act(event.target, event.submitter);
});

document.addEventListener("keydown", (event) => {
  const { key, shiftKey, isComposing, target } = event;
  if (key === "Enter" && "enter" in target.dataset && !shiftKey && !isComposing) {
    event.preventDefault();
    target.form.requestSubmit();
  }
  if (key === "Escape" && !one("dialog[open], :popover-open")) one("[data-escape]")?.click();
});

document.addEventListener("change", ({ target }) => {
  // Choosing is an act where the app wants to know of it.
  if (target.type !== "search") target.closest(".chooses")?.querySelector(".choose").click();
  const attach = target.closest(".attach");
  if (attach) attach.dataset.files = Array.from(target.files, (file) => file.name).join(", ");
});

document.addEventListener("reset", (event) => {
  for (const attach of event.target.querySelectorAll(".attach")) delete attach.dataset.files;
});

let typing;
document.addEventListener("input", ({ target }) => {
  if (!target.dataset.suggest) return;
  clearTimeout(typing);
  typing = setTimeout(() => suggest(target).catch(() => {}), 200);
});

document.documentElement.classList.add("live");
if (!location.hash) goToEnd();
if (one(".modal")) greet();
markNews();
setTimeout(follow, CALM);
