// The reader's own appearance: theme and folded navigation. Both live in cookies, so the server draws the next page right at once;
// without JavaScript the theme follows the system and the navigation stays open.

const YEAR = 60 * 60 * 24 * 365;
const root = document.documentElement;

function keep(name, value) {
  const age = value ? YEAR : 0;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${value}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`;
}

function chooseTheme(theme) {
  const fixed = theme === "light" || theme === "dark";
  if (fixed) root.dataset.bsTheme = theme;
  else delete root.dataset.bsTheme;
  keep("theme", fixed ? theme : "");
}

function foldNavigation() {
  const narrow = root.dataset.sidebar !== "narrow";
  if (narrow) root.dataset.sidebar = "narrow";
  else delete root.dataset.sidebar;
  keep("sidebar", narrow ? "narrow" : "");
  return narrow;
}

const themes = document.querySelector(".themes");
if (themes) {
  themes.hidden = false;
  themes.addEventListener("change", (event) => chooseTheme(event.target.value));
}

const fold = document.querySelector(".sidebar-fold");
if (fold) {
  fold.hidden = false;
  fold.setAttribute("aria-pressed", String(root.dataset.sidebar === "narrow"));
  fold.addEventListener("click", () => fold.setAttribute("aria-pressed", String(foldNavigation())));
}
