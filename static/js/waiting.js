// Long work that a form asks for: once the server takes more than a moment, the page says so and counts the seconds, and the form is
// not sent a second time. Without JavaScript the browser's own signs remain. Single buttons (.inline-form) stay out: their answer may be a
// file to keep, after which the page still stands.

const MOMENT = 800;
let waiting = null;

function show(text) {
  const box = document.createElement("div");
  const said = document.createElement("output");
  const bar = document.createElement("progress");
  const begun = Date.now();
  box.className = "waiting";
  bar.setAttribute("aria-label", text);
  box.append(said, bar);
  const count = () => {
    said.textContent = `${text} ${Math.round((Date.now() - begun + MOMENT) / 1000)} s`;
  };
  count();
  document.body.append(box);
  const timer = setInterval(count, 1000);
  return () => {
    clearInterval(timer);
    box.remove();
  };
}

function forget() {
  if (!waiting) return;
  clearTimeout(waiting.timer);
  waiting.hide?.();
  waiting = null;
}

document.addEventListener("submit", (event) => {
  if (event.target.method !== "post" || event.target.matches(".inline-form")) return;
  if (waiting) {
    event.preventDefault();
    return;
  }
  waiting = {};
  waiting.timer = setTimeout(() => {
    waiting.hide = show(document.documentElement.dataset.waiting);
  }, MOMENT);
});

// A page taken from the browser's memory waits for nothing.
addEventListener("pageshow", forget);
