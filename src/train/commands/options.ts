// The options of `train`, and what is said where a value is not what it should be.
import { type Dataset, foldsWithClips, MOST_FOLDS, noFolds } from "../dataset/dataset.ts";
import type { Opening } from "../dataset/opening.ts";
import type { Setting } from "../recipes/settings.ts";
import { UserError } from "../terminal/errors.ts";

export interface TrainOptions {
  data?: string;
  columns?: Opening["columns"];
  /** Of folds that are made: how many, and the seed. */
  makeFolds?: number;
  foldSeed?: number;
  /** How recordings are told. */
  recordings?: Opening["recordings"];
  /** null: all train. */
  fold?: number | null;
  folds?: "all";
  recipe: string;
  epochs?: number;
  batchSize?: number;
  lr?: number;
  /** Other settings of the recipe, instead of its own. */
  set?: Setting[];
  /** Classes that are left out: each a name, or several with commas between them. */
  without?: string[];
  /** How to say "none of these": "threshold", or a folder of sounds that are a class of their own. */
  other?: string;
  /** The share of known sounds that a threshold keeps. */
  keep?: number;
  seed: number;
  run?: string;
  resume?: string;
  /** Go on although the dataset is not what it was. */
  changedData?: boolean;
  /** A folder, the default's if undefined, none if false. */
  cache?: string | false;
  profile?: boolean;
  tensorboard?: boolean;
}

export type OpeningOptions = Pick<TrainOptions, "columns" | "makeFolds" | "foldSeed" | "recordings">;

/** How the dataset is to be read, by these options. */
export function openingOf(options: OpeningOptions): Opening {
  const { columns, recordings, makeFolds: count, foldSeed: seed } = options;
  return {
    ...(columns && { columns }),
    ...(recordings && { recordings }),
    ...((count ?? seed) !== undefined && { folds: { seed: seed ?? 1, ...(count && { count }) } }),
  };
}

/** The same as words of a command line. */
export function openingWords({ columns, recordings, makeFolds, foldSeed }: OpeningOptions): string[] {
  const named = columns && Object.entries(columns).map(([column, name]) => `${column}=${name}`);
  return [
    ...(named === undefined ? [] : ["--columns", named.join(",")]),
    ...(recordings === undefined ? [] : ["--recordings", recordings]),
    ...(makeFolds === undefined ? [] : ["--make-folds", String(makeFolds)]),
    ...(foldSeed === undefined ? [] : ["--fold-seed", String(foldSeed)]),
  ];
}

/** The folds to test on. Throws UserError where that is not said, or there is no such fold. */
export function foldsAsked(
  dataset: Dataset,
  { fold, folds }: Pick<TrainOptions, "fold" | "folds">,
): (number | null)[] {
  const { source, folds: count } = dataset;
  if (fold === null) return [null];
  if (count === 0) throw new UserError(noFolds(dataset, "--fold none trains on all there is"));
  if (folds === "all") return foldsWithClips(dataset);
  if (fold === undefined)
    throw new UserError(`which fold is to be tested? --fold 1 … --fold ${count}, or --folds all`);
  if (fold > count)
    throw new UserError(
      `--fold wants a whole number from 1 to ${count}, got '${fold}': ${source} has ${count} folds`,
    );
  return [fold];
}

/** What the command line says of the recipe's settings; --epochs, --batch-size and --lr are short for --set. */
export function settingsOf({
  set = [],
  epochs,
  batchSize,
  lr,
}: Pick<TrainOptions, "set" | "epochs" | "batchSize" | "lr">): Setting[] {
  const paths = set.map(({ path }) => path.join("."));
  const again = paths.find((path, i) => paths.indexOf(path) !== i);
  if (again !== undefined) throw new UserError(`--set ${again} is given twice: give one of them`);
  const short = { "--epochs": epochs, "--batch-size": batchSize, "--lr": lr };
  const given = Object.entries(short).flatMap(([option, value]) => {
    if (value === undefined) return [];
    const path = SHORT_FOR[option as keyof typeof short];
    const twice = set.find((each) => gives(each, path));
    if (twice !== undefined)
      throw new UserError(
        `${option} and --set ${twice.path.join(".")} give the same setting: give one of them`,
      );
    return [{ path, value }];
  });
  return [...set, ...given];
}

const SHORT_FOR = {
  "--epochs": ["epochs"],
  "--batch-size": ["batchSize"],
  "--lr": ["optimizer", "lr"],
} as const;

/** Whether a setting is that at a path, by itself or in a value of several. */
function gives({ path, value }: Setting, [key, ...rest]: readonly string[]): boolean {
  if (path[0] !== key) return false;
  if (rest.length === 0) return path.length === 1;
  if (path.length > 1) return gives({ path: path.slice(1), value }, rest);
  return typeof value === "object" && value !== null && Object.hasOwn(value, rest[0]!);
}

/** A parser of whole numbers within bounds, for commander. */
export function wholeNumber(option: string, least: number, most = Number.MAX_SAFE_INTEGER) {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} up` : `from ${least} to ${most}`;
  return (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new UserError(`${option} wants a whole number ${range}, got '${text}'`);
  };
}

export const parseEpochs = wholeNumber("--epochs", 1);
export const parseBatchSize = wholeNumber("--batch-size", 2);
export const parseSeed = wholeNumber("--seed", 0, 2 ** 32 - 1);

/** A parser of positive numbers. */
export function positive(option: string) {
  return (text: string): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (value > 0 && Number.isFinite(value)) return value;
    throw new UserError(`${option} wants a number above 0, got '${text}'`);
  };
}

/** A parser of shares, neither nothing nor all. */
export function share(option: string) {
  return (text: string): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (value > 0 && value < 1) return value;
    throw new UserError(`${option} wants a share between 0 and 1, as 0.9, got '${text}'`);
  };
}

/** `--fold` takes a number, or the word none. */
export function parseFold(text: string): number | "none" {
  const fold = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (text === "none" || (fold >= 1 && fold <= MOST_FOLDS)) return text === "none" ? text : fold;
  throw new UserError(
    `--fold wants a whole number from 1 to ${MOST_FOLDS}, or the word none (--folds all tests on each), got '${text}'`,
  );
}

/** A parser of numbers from 0 to `most`. */
export function fraction(option: string, most = 1) {
  return (text: string): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (value >= 0 && value <= most) return value;
    throw new UserError(`${option} wants a number from 0 to ${most}, got '${text}'`);
  };
}

/** `--folds` takes one word. */
export function parseFolds(text: string): "all" {
  if (text === "all") return "all";
  throw new UserError(`--folds wants the word all (--fold N tests on one), got '${text}'`);
}
