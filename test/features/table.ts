// FEATURES.md: which of PyTorch's and torchaudio's names otograd has. The names are PyTorch's own (pytorch.json, made by
// names.py); what is there is looked up in the exports, and what differs or is missing says why in notes.ts.
import * as otograd from "otograd";
import { OF_TENSORS } from "../../src/tensor/instead.ts";
import { ABSENT, CALLED, PARTLY } from "./notes.ts";
import listed from "./pytorch.json" with { type: "json" };

const { "made by": MADE_BY, ...LISTS } = listed;

export type Section = keyof typeof LISTS;

export interface Row {
  section: Section;
  /** PyTorch's name. */
  name: string;
  /** How it is called here; null where it is not there. */
  here: string | null;
  /** What differs, or why it is not there. */
  note: string;
}

/** log_softmax → logSoftmax; a trailing underscore (in place) stays. */
export function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

const at = (space: unknown, name: string): boolean =>
  typeof space === "object" && space !== null && name in space && !(name in OF_TENSORS); // those only refuse

/** Where a section's names may be, in order: a namespace of otograd, and how its members are written. */
const PLACES: Record<Section, readonly (readonly [space: unknown, prefix: string])[]> = {
  Tensor: [
    [otograd.Tensor.prototype, "x."],
    [otograd, ""],
    [otograd.F, "F."],
    [otograd.fft, "fft."],
    [otograd.audio, "audio."],
  ],
  torch: [
    [otograd, ""],
    [otograd.audio, "audio."],
    [otograd.Tensor.prototype, "x."],
  ],
  "nn.functional": [[otograd.F, "F."]],
  nn: [[otograd.nn, "nn."]],
  "nn.init": [[otograd.nn.init, "nn.init."]],
  optim: [[otograd.optim, "optim."]],
  "optim.lr_scheduler": [[otograd.optim.lrScheduler, "optim.lrScheduler."]],
  "torchaudio.functional": [[otograd.audio, "audio."]],
  "torchaudio.transforms": [[otograd.audio, "audio."]],
};

function find(section: Section, name: string): string | null {
  const called = CALLED[section]?.[name];
  if (called !== undefined) return called;
  for (const [space, prefix] of PLACES[section])
    for (const spelled of [camel(name), name]) if (at(space, spelled)) return prefix + spelled;
  return null;
}

const reasons = (section: Section): Map<string, string> =>
  new Map(
    (ABSENT[section] ?? []).flatMap(([why, names]) =>
      names
        .trim()
        .split(/\s+/)
        .map((name) => [name, why]),
    ),
  );

export function rows(): Row[] {
  return (Object.keys(LISTS) as Section[]).flatMap((section) => {
    const why = reasons(section);
    return LISTS[section].map((name): Row => {
      const here = find(section, name);
      const note = (here === null ? why.get(name) : PARTLY[section]?.[name]) ?? "";
      return { section, name, here, note };
    });
  });
}

/** Notes about what is no name of PyTorch's, is there although a reason says it is not, or has two. */
export function stale(found: readonly Row[]): string[] {
  const complaints: string[] = [];
  for (const section of Object.keys(LISTS) as Section[]) {
    const known = new Map(found.filter((row) => row.section === section).map((row) => [row.name, row]));
    for (const name of [...Object.keys(CALLED[section] ?? {}), ...Object.keys(PARTLY[section] ?? {})])
      if (!known.has(name)) complaints.push(`${section}.${name} is no name of PyTorch's list`);
    for (const name of Object.keys(PARTLY[section] ?? {}))
      if (known.get(name)?.here === null) complaints.push(`${section}.${name} differs, but is not there`);
    for (const [name, why] of reasons(section)) {
      if (!known.has(name)) complaints.push(`${section}.${name} is no name of PyTorch's list`);
      else if (known.get(name)?.here !== null) complaints.push(`${section}.${name} is there, not "${why}"`);
    }
  }
  return complaints;
}

export interface Count {
  section: Section;
  there: number;
  partly: number;
  of: number;
}

export function counts(found: readonly Row[]): Count[] {
  return (Object.keys(LISTS) as Section[]).map((section) => {
    const own = found.filter((row) => row.section === section);
    const there = own.filter(({ here }) => here !== null);
    return {
      section,
      there: there.length,
      partly: there.filter(({ note }) => note !== "").length,
      of: own.length,
    };
  });
}

const TITLES: Record<Section, string> = {
  Tensor: "Operations of torch.Tensor",
  torch: "Functions of torch that are no methods",
  "nn.functional": "torch.nn.functional",
  nn: "torch.nn",
  "nn.init": "torch.nn.init",
  optim: "torch.optim",
  "optim.lr_scheduler": "torch.optim.lr_scheduler",
  "torchaudio.functional": "torchaudio.functional",
  "torchaudio.transforms": "torchaudio.transforms",
};

/** The text of FEATURES.md. */
export function markdown(found: readonly Row[]): string {
  const lines = [
    "# otograd beside PyTorch",
    "",
    `What is there of PyTorch's names, what differs, and what is left out. The names are those of ${MADE_BY}; in-place`,
    "forms, and methods that compute nothing (devices, storages, sparse and quantized layouts), are not counted.",
    "`bun run compare-names --write` makes this page from the exports; a test fails where it is not true.",
    "",
    "| | there | of these with differences | PyTorch's |",
    "| --- | ---: | ---: | ---: |",
    ...counts(found).map(
      ({ section, there, partly, of }) => `| ${TITLES[section]} | ${there} | ${partly} | ${of} |`,
    ),
  ];
  for (const section of Object.keys(LISTS) as Section[]) {
    const own = found.filter((row) => row.section === section);
    const there = own.filter(({ here }) => here !== null);
    const plain = there.filter(({ note }) => note === "");
    const partly = there.filter(({ note }) => note !== "");
    lines.push("", `## ${TITLES[section]}`, "");
    if (plain.length > 0) lines.push(`There: ${plain.map(({ here }) => `\`${here}\``).join(", ")}.`);
    if (partly.length > 0)
      lines.push(
        "",
        "| PyTorch | here | what differs |",
        "| --- | --- | --- |",
        ...partly.map(({ name, here, note }) => `| \`${name}\` | \`${here}\` | ${note} |`),
      );
    const missing = new Map<string, string[]>();
    for (const { name, here, note } of own)
      if (here === null) missing.set(note, [...(missing.get(note) ?? []), `\`${name}\``]);
    if (missing.size > 0)
      lines.push(
        "",
        "| not here | why |",
        "| --- | --- |",
        ...[...missing].map(([why, names]) => `| ${names.join(", ")} | ${why} |`),
      );
  }
  return `${lines.join("\n")}\n`;
}
