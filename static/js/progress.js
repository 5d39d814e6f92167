// Live progress. Every [data-progress-url] is asked again and again for {done, total, finished, text}; the answer is shown, and when
// all is finished the page is loaded anew, because what stands on it has changed. Asking slows down while nothing moves or answers.

const SOONEST = 1000;
const LATEST = 15000;

function show(box, answer) {
  const bar = box.querySelector("progress");
  if (answer.total) {
    bar.max = answer.total;
    bar.value = answer.done;
  }
  if (answer.text) box.querySelector("output").textContent = answer.text;
}

async function ask(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!response.ok) throw new Error(`answered ${response.status}`);
  return response.json();
}

async function follow(box) {
  let pause = SOONEST;
  let done = -1;
  for (;;) {
    await new Promise((resume) => setTimeout(resume, pause));
    if (document.hidden) continue;
    try {
      const answer = await ask(box.dataset.progressUrl);
      show(box, answer);
      if (answer.finished) return;
      pause = answer.done > done ? SOONEST : Math.min(pause * 1.5, LATEST);
      done = answer.done;
    } catch {
      pause = Math.min(pause * 2, LATEST);
    }
  }
}

const boxes = [...document.querySelectorAll("[data-progress-url]")];
if (boxes.length) Promise.all(boxes.map(follow)).then(() => location.reload());
