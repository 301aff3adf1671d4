// The likeliest classes, as bars.

/** What a sound is that is none of the classes. */
export const NONE = "none of these";

/** Shows the likeliest `count` in a list. */
export function showBars(
  list: HTMLElement,
  classes: readonly string[],
  probabilities: ArrayLike<number>,
  count: number,
): void {
  const order = [...classes.keys()].sort((a, b) => probabilities[b]! - probabilities[a]!).slice(0, count);
  while (list.children.length > order.length) list.lastElementChild!.remove();
  for (const [i, k] of order.entries()) {
    const row = list.children[i] ?? list.appendChild(newRow());
    const [name, meter, share] = row.children as unknown as [HTMLElement, HTMLMeterElement, HTMLElement];
    name.textContent = classes[k]!;
    meter.value = probabilities[k]!;
    meter.ariaLabel = classes[k]!;
    share.textContent = `${(100 * probabilities[k]!).toFixed(0)} %`;
  }
}

function newRow(): HTMLElement {
  const row = document.createElement("li");
  row.append(document.createElement("span"), document.createElement("meter"), document.createElement("span"));
  return row;
}
