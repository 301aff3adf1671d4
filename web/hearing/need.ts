// The box that asks for the network's weights where neither the site nor the browser has them.
import type { PretrainedFiles } from "../../src/train/pretrained/network.ts";
import { chosenFiles } from "./dropped.ts";
import { CLASSES, findNetwork, judgeGiven, takeNetwork, WEIGHTS, whatIsMissing } from "./weights.ts";

/** Gives the network as soon as it is there, and shows the box until then. */
export async function needNetwork(
  box: HTMLElement,
  take: (network: PretrainedFiles) => Promise<void>,
): Promise<void> {
  const root = document.documentElement.dataset.root!;
  const says = box.querySelector<HTMLElement>(".says")!;
  const input = box.querySelector<HTMLInputElement>("input")!;

  const found = async (looking: Promise<PretrainedFiles | null>) => {
    try {
      const network = await looking;
      box.hidden = network !== null;
      if (network === null) {
        says.textContent = `Still to come: ${(await whatIsMissing(root)).join(" and ")}.`;
        return;
      }
      await take(network);
      await judgeGiven(true);
    } catch (error) {
      says.textContent = `That did not work: ${(error as Error).message}`;
      box.hidden = false;
      await judgeGiven(false);
    }
  };

  input.addEventListener("change", () => found(takeNetwork(root, chosenFiles(input))));
  await found(findNetwork(root));
}

/** The box, as HTML. `without` says what there is without the network. */
export const need = (
  without: string,
): string => `<section class="need notice" hidden aria-label="The network's weights">
<p>What names sounds here is a network that others trained on AudioSet and published (EfficientAT, MIT licence). Its two files are not beside this site: fetch
<code>${WEIGHTS}</code> (4 MB, from the release v0.0.1 of github.com/fschmid56/EfficientAT) and <code>${CLASSES}</code> (from its folder <code>metadata</code>), and choose both. The
browser keeps them. ${without}</p>
<p><label>Both files: <input type="file" multiple accept=".pt,.csv"></label></p>
<p class="says" role="status"></p>
</section>`;
