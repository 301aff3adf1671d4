// `bun run report RUN…`: one HTML page about a run, or about several laid over one another.
import { join } from "node:path";
import { formatBytes } from "../../gpu/bytes.ts";
import type { HostArray } from "../files/arrays.ts";
import { checkWritable, statsThere, writeWhole } from "../files/files.ts";
import { type ExamineOptions, Examiner } from "../report/mistakes.ts";
import { reportPage } from "../report/page.ts";
import type { Reported } from "../report/run-section.ts";
import { type Run, readRuns } from "../report/runs.ts";
import { tame, UserError } from "../terminal/errors.ts";
import type { Session } from "../terminal/session.ts";
import { shell } from "../terminal/words.ts";
import { refuseLoss } from "./output.ts";

/** Mistakes that are shown and embedded, all runs together: they are what makes a page large. */
const MOST_MISTAKES = 12;

export interface ReportOptions extends ExamineOptions {
  /** The page's file. */
  out: string;
}

/**
 * Writes the page whole, or not at all: of all runs but those that are not as they should be. Returns how many those are;
 * each has had its line on stderr. Throws where there are no others.
 */
export async function reportCommand(
  paths: readonly string[],
  { out, ...options }: ReportOptions,
  session: Session,
): Promise<number> {
  if (statsThere(out)?.isDirectory()) {
    throw new UserError(
      `--out wants the name of a file, and ${out} is a folder: --out ${shell(join(out, "report.html"))}`,
    );
  }
  checkWritable(out);
  refuseLoss(out, "a report");
  const broken: UserError[] = [];
  const runs = readRuns(paths, (error) => broken.push(error));
  const examiner = new Examiner(options, session);
  const most = Math.max(1, Math.floor(MOST_MISTAKES / Math.max(1, runs.length)));
  const reported: Reported[] = [];
  for (const run of runs) {
    try {
      const filters = firstLayer(run);
      reported.push({ run, filters, examination: await examiner.examine(run, most) });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      broken.push(error);
    }
  }
  if (reported.length === 0 && broken.length === 1) throw broken[0]!;
  for (const { message } of broken) session.progress.say(`error: ${tame(message, 2000)}`);
  if (reported.length === 0) throw new UserError("none of these runs can be reported");
  const page = reportPage(reported, new Date());
  writeWhole(out, page);
  for (const { run, examination } of reported) {
    if (typeof examination === "string")
      session.progress.warn(`${run.label}: no mistakes are shown: ${examination}`);
  }
  session.print(`${out} (${formatBytes(Buffer.byteLength(page))})`);
  return broken.length;
}

/** The weights of the first convolution. Throws DamagedFile for a model that cannot be read. */
function firstLayer({ folds }: Run): HostArray | undefined {
  return folds[0]!.folder.hasModel() ? folds[0]!.folder.readModel().arrays["conv1.0.weight"] : undefined;
}
