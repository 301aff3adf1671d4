// What all pages have in common: the head, the way through the site, and what there is no site without.

export interface Page {
  /** From the site's root: "kernels/index.html". */
  path: string;
  title: string;
  /** One sentence, for search engines. */
  description: string;
  /** HTML of the main part. */
  body: string;
  /** The page's program: programs/NAME.js. */
  program?: string;
  /** Which of SECTIONS it is a part of. */
  section?: string;
}

const SECTIONS = [
  { name: "Listen", path: "listen/index.html" },
  { name: "Teach", path: "teach/index.html" },
  { name: "Train", path: "train/index.html" },
  { name: "Kernels", path: "kernels/index.html" },
  { name: "Examples", path: "examples/index.html" },
  { name: "Docs", path: "docs/index.html" },
  { name: "API", path: "api/index.html" },
];

/** Nothing but what the site itself brings may run or be loaded. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** A page's whole text. All its links are relative, so that the site may stand anywhere. */
export function html({ path, title, description, body, program, section }: Page): string {
  const up = "../".repeat(path.split("/").length - 1);
  const root = up === "" ? "./" : up;
  const links = SECTIONS.map(
    ({ name, path }) =>
      `<li><a href="${root}${path}"${name === section ? ' aria-current="true"' : ""}>${name}</a></li>`,
  );
  const script = (name: string) => `<script type="module" src="${root}programs/${name}.js"></script>`;
  return `<!doctype html>
<html lang="en" data-root="${root}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escaped(title)}</title>
<meta name="description" content="${escaped(description)}">
<link rel="icon" href="${root}icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${root}style.css">
${["shell", ...(program === undefined ? [] : [program])].map(script).join("\n")}
</head>
<body>
<a class="skip" href="#main">To the content</a>
<header>
<a class="name" href="${root}index.html">otograd <span lang="ja">音</span></a>
<nav aria-label="Site"><ul>${links.join("")}</ul></nav>
</header>
<main id="main">
<div id="no-webgpu" class="notice" hidden></div>
${body}
</main>
<footer><p>Everything here is computed in this page: nothing that you hear, drop or teach leaves your machine.</p></footer>
</body>
</html>
`;
}

/** Text as it may stand in HTML. */
export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!);
}
