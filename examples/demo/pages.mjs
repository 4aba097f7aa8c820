// @ts-check
/** The words of the demo site. */

/** @typedef {{ number: number, made: Date }} Edition */
/** @typedef {[name: string, price: string, about: string]} Loaf */

export const NAME = "Larkfield Bakery";

export const HOURS = {
  "Monday and Tuesday": "closed",
  "Wednesday to Friday": "7:00 – 18:00",
  Saturday: "7:00 – 14:00",
  Sunday: "8:00 – 11:00",
};

/** @type {Loaf[]} */
const LOAVES = [
  ["Field loaf", "£4.60", "Wheat and a fifth of rye, two days in the making."],
  ["Black rye", "£5.20", "Whole rye, sour, keeps for a week."],
  ["Seeded tin", "£4.20", "Sunflower, linseed, poppy. The toast loaf."],
  ["Potato bread", "£3.90", "Soft crumb, thick crust, Thursdays only."],
  ["Oat porridge loaf", "£4.80", "Boiled oats in the dough, honey on top."],
  ["Walnut batard", "£5.40", "For cheese. Goes early."],
];

const LINKS = [
  ["/", "Home"],
  ["/bread", "Bread"],
  ["/news", "Today’s board"],
  ["/contact", "Contact"],
];

/** @param {string} text */
const escaped = (text) =>
  text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** @param {Date} date */
const clock = (date) => date.toTimeString().slice(0, 8);

/** @param {Date} date */
const longDate = (date) =>
  date.toLocaleDateString("en-GB", {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });

/**
 * @param {Edition} edition
 * @param {string} title
 * @param {string} here
 * @param {string} main
 */
const page = (edition, title, here, main) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – ${NAME}</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="/loaf.svg">
</head>
<body>
<header class="top">
<a class="name" href="/"><img src="/loaf.svg" alt="" width="44" height="30">${NAME}</a>
<nav aria-label="Pages">${LINKS.map((link) => navigation(link, here)).join("")}</nav>
</header>
<main>
${main}
</main>
<footer>
<p>12 Larkfield Lane, behind the old mill. Wednesday to Sunday.</p>
<p class="stamp">Page made at <time datetime="${edition.made.toISOString()}">${clock(edition.made)}</time>, edition ${edition.number}</p>
</footer>
</body>
</html>
`;

/**
 * @param {string[]} link
 * @param {string} here
 */
function navigation([path, label], here) {
  const current = path === here ? ' aria-current="page"' : "";
  return `<a href="${path}"${current}>${label}</a>`;
}

const hoursTable = () =>
  `<table>${Object.entries(HOURS)
    .map(([days, time]) => `<tr><th scope="row">${days}</th><td>${time}</td>`)
    .join("")}</table>`;

/** @param {Loaf} loaf */
const loafItem = ([name, price, about]) =>
  `<li><h3>${name} <span class="price">${price}</span></h3><p>${about}</p></li>`;

/** @param {Edition} edition */
export const home = (edition) =>
  page(
    edition,
    "Home",
    "/",
    `<div class="hero">
<div><h1>Slow bread, fast mornings.</h1>
<p>Six loaves, one oven, flour from four miles away. We bake from three in the
morning and sell until the shelf is empty.</p>
<p><a class="button" href="/news">What is on the board today</a></p></div>
<img src="/loaf.svg" alt="A long loaf with four cuts in its crust" width="360" height="245">
</div>
<section><h2>Opening hours</h2>${hoursTable()}</section>`,
  );

/** @param {Edition} edition */
export const bread = (edition) =>
  page(
    edition,
    "Bread",
    "/bread",
    `<h1>Bread</h1>
<ul class="loaves">${LOAVES.map(loafItem).join("")}</ul>`,
  );

/** @param {Edition} edition */
export const news = (edition) =>
  page(
    edition,
    "Today’s board",
    "/news",
    `<h1>Today’s board</h1>
<p class="lead">Edition ${edition.number}, chalked at ${clock(edition.made)}.</p>
${shelf(edition.number)}`,
  );

/**
 * @param {Edition} edition
 * @param {Date} date
 */
export const board = (edition, date) =>
  page(
    edition,
    `Board of ${longDate(date)}`,
    "/news",
    `<h1>The board of ${longDate(date)}</h1>
<p class="lead">We keep every board. Some people collect them.</p>
${shelf(date.getTime() / 86_400_000)}`,
  );

/** @param {number} seed */
function shelf(seed) {
  const left = (/** @type {number} */ row) => ((seed + 3) * (row + 5)) % 13;
  const rows = LOAVES.map(
    ([name], row) =>
      `<tr><th scope="row">${name}</th><td>${left(row) || "sold out"}</td>`,
  );
  return `<table><caption>Left on the shelf</caption>${rows.join("")}</table>`;
}

/**
 * Boards have a page for each day: /news/2024-05-17.
 * @param {string} pathname
 * @returns {Date | undefined}
 */
export function boardDate(pathname) {
  const day = /^\/news\/(\d{4}-\d\d-\d\d)$/.exec(pathname)?.[1];
  const date = new Date(`${day}T00:00:00Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** @param {Edition} edition */
export const contact = (edition) =>
  page(
    edition,
    "Contact",
    "/contact",
    `<h1>Write to us</h1>
<p>Orders for Saturday until Thursday evening, please.</p>
<form method="post" action="/contact">
<label>Your name <input name="name" autocomplete="name" required></label>
<label>Your message <textarea name="message" rows="4" required></textarea></label>
<button class="button">Send</button>
</form>`,
  );

/**
 * @param {Edition} edition
 * @param {string} name
 * @param {number} number
 */
export const thanks = (edition, name, number) =>
  page(
    edition,
    "Thank you",
    "/contact",
    `<h1>Thank you, ${escaped(name)}.</h1>
<p class="lead">Your message is number ${number} on the spike.</p>`,
  );

/**
 * @param {Edition} edition
 * @param {string} path
 */
export const notFound = (edition, path) =>
  page(
    edition,
    "Not found",
    "",
    `<h1>We don’t bake that.</h1>
<p>There is no page at <code>${escaped(path)}</code>.</p>`,
  );
