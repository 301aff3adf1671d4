// The program of the reference's pages: a field that finds any public name, by keys alone where one likes. "/" goes to it.
import type { Found } from "./pages.ts";

const field = document.querySelector<HTMLInputElement>("#search")!;
const list = document.querySelector<HTMLUListElement>("#found")!;
const count = document.querySelector<HTMLElement>("#found-count")!;
const MOST = 12;

let names: Promise<Found[]> | undefined;
let chosen = -1;

/** How well a name answers: 0 not at all. Its own last part counts most, then where it begins, then what is said of it. */
function worth({ name, says }: Found, words: readonly string[]): number {
  const whole = name.toLowerCase();
  const last = whole.split(".").at(-1)!;
  const told = says.toLowerCase();
  let sum = 0;
  for (const word of words) {
    const own =
      last === word || whole === word ? 100 : last.startsWith(word) ? 50 : whole.includes(word) ? 20 : 0;
    const worth = own > 0 ? own - last.length / 100 : told.includes(word) ? 1 : 0;
    if (worth === 0) return 0;
    sum += worth;
  }
  return sum;
}

async function search(): Promise<void> {
  const asked = field.value;
  const words = asked.toLowerCase().replaceAll("#", ".").split(/\s+/).filter(Boolean);
  names ??= fetch(field.dataset.names!).then((answer) => answer.json() as Promise<Found[]>);
  const all = await names;
  if (field.value !== asked) return; // more was typed meanwhile
  const found = words.length === 0 ? [] : all.map((one) => ({ ...one, worth: worth(one, words) }));
  const best = found.filter(({ worth }) => worth > 0).sort((a, b) => b.worth - a.worth);
  list.replaceChildren(
    ...best.slice(0, MOST).map(({ name, says, link }, i) => {
      const item = document.createElement("li");
      item.id = `found-${i}`;
      item.role = "option";
      const told = document.createElement("span");
      told.textContent = says;
      item.append(name, told);
      item.dataset.link = link;
      item.addEventListener("click", () => go(item));
      return item;
    }),
  );
  show(words.length > 0 && best.length > 0);
  count.textContent = words.length === 0 ? "" : `${best.length} names`;
  choose(best.length > 0 ? 0 : -1);
}

function show(is: boolean): void {
  list.hidden = !is;
  field.ariaExpanded = String(is);
  if (!is) choose(-1);
}

function choose(i: number): void {
  chosen = i;
  for (const [at, item] of [...list.children].entries()) item.ariaSelected = String(at === i);
  const item = list.children[i];
  if (item === undefined) field.removeAttribute("aria-activedescendant");
  else {
    field.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  }
}

function go(item: Element | undefined): void {
  if (item === undefined) return;
  show(false);
  location.href = new URL(
    (item as HTMLElement).dataset.link!,
    new URL(field.dataset.names!, location.href),
  ).href;
}

field.addEventListener("input", search);
field.addEventListener("focus", search);
field.addEventListener("blur", () => setTimeout(() => show(false), 150)); // after a click on what was found
field.addEventListener("keydown", (event) => {
  const last = list.children.length - 1;
  if (event.key === "ArrowDown") choose(chosen >= last ? 0 : chosen + 1);
  else if (event.key === "ArrowUp") choose(chosen <= 0 ? last : chosen - 1);
  else if (event.key === "Enter") go(list.children[chosen]);
  else if (event.key === "Escape") show(false);
  else return;
  event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  const typing = (event.target as HTMLElement).matches("input, textarea");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  field.focus();
});
