#!/usr/bin/env bun
// The command line: its commands are defined in commands/flags, and what they do is in commands, loaded when one is
// called. Results go to stdout, talk to stderr. EXIT_CODES says what the exit codes mean.
import { existsSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { version } from "../../package.json" with { type: "json" };
import { WavError } from "../audio/wav.ts";
import { DeviceError } from "../gpu/errors.ts";
import { defineDataset } from "./commands/flags/dataset.ts";
import { defineDoctor } from "./commands/flags/doctor.ts";
import { defineEvaluate } from "./commands/flags/evaluate.ts";
import { defineExperiment } from "./commands/flags/experiment.ts";
import { defineExport } from "./commands/flags/export.ts";
import { defineFeatures } from "./commands/flags/features.ts";
import { HELP, helpAsked, items } from "./commands/flags/help.ts";
import { defineListen } from "./commands/flags/listen.ts";
import { definePredict } from "./commands/flags/predict.ts";
import { defineRecipes } from "./commands/flags/recipes.ts";
import { defineReport } from "./commands/flags/report.ts";
import { refuseBoth, refuseEmpty, refuseTwice } from "./commands/flags/shared.ts";
import { defineTag } from "./commands/flags/tag.ts";
import { defineTrain } from "./commands/flags/train.ts";
import { defineTune } from "./commands/flags/tune.ts";
import { defineWeights } from "./commands/flags/weights.ts";
import type { Report } from "./experiment/child.ts";
import { reason } from "./files/files.ts";
import { Interrupted, oneLine, tame, UserError } from "./terminal/errors.ts";
import { Progress } from "./terminal/progress.ts";
import { openSession } from "./terminal/session.ts";
import { stdoutFailure, terminalSize, writeOut } from "./terminal/stdout.ts";

const progress = new Progress();

/** In the order of `--help`. */
const COMMANDS = [
  defineTrain,
  defineExperiment,
  defineEvaluate,
  definePredict,
  defineListen,
  defineTag,
  defineExport,
  defineFeatures,
  defineReport,
  defineRecipes,
  defineDataset,
  defineWeights,
  defineTune,
  defineDoctor,
];

function program(): Command {
  const otograd = new Command("otograd")
    .description("Learns to tell environmental sounds apart.")
    .version(version)
    .option("--verbose", "show the stack of an error")
    .configureHelp(HELP)
    .configureOutput({
      writeOut,
      outputError: () => {}, // main says errors, in one line
      getOutHelpWidth: () => terminalSize().columns,
    })
    .addHelpText("afterAll", () => `\nExit codes:\n${items(EXIT_CODES)}\n`)
    .exitOverride();
  for (const define of COMMANDS) define(otograd, (hear) => openSession(progress, hear));
  for (const command of otograd.commands) {
    refuseBoth(command);
    for (const each of [command, ...command.commands]) {
      refuseEmpty(each);
      refuseTwice(each);
    }
  }
  return otograd;
}

const EXIT_CODES: [code: string, what: string][] = [
  ["0", "done"],
  ["1", "it could not be done; one line on stderr says why"],
  ["129", "stopped by a closed terminal (SIGHUP): what was learned is saved"],
  ["130", "stopped by Ctrl-C (SIGINT), likewise"],
  ["143", "stopped by SIGTERM, likewise"],
];

/** Says what went wrong in one line; returns the exit code. */
function report(error: unknown, verbose: boolean): number {
  progress.clear();
  if (error instanceof CommanderError && error.code === "commander.help") return 1; // no command: the help was the answer
  if (error instanceof Interrupted) {
    progress.say(error.message);
    return error.exitCode;
  }
  const refused = refusedPath(error);
  const said = refused === null ? oneLine(error) : `cannot use ${refused}: ${reason(error)}`;
  const message = tame(`${said.replace(/^error: /, "")}${dashed(error)}`, 2000);
  const known =
    refused !== null ||
    [UserError, WavError, CommanderError, DeviceError].some((kind) => error instanceof kind);
  process.send?.({ error: message } satisfies Report); // to the experiment that this is a run of
  const hint = known || verbose ? "" : " (--verbose shows where)";
  progress.say(`error: ${message}${hint}`);
  if (verbose && error instanceof Error) progress.say(stackOf(error));
  return 1;
}

/** What to write for a file whose name begins as an option does, as a shell's `*.wav` may give it. */
function dashed(error: unknown): string {
  const unknown = error instanceof CommanderError && error.code === "commander.unknownOption";
  const name = /'(.*)'/s.exec(unknown ? error.message : "")?.[1];
  return name !== undefined && existsSync(name) ? ` (the file of that name is ./${name})` : "";
}

/** The file or folder that the system would not give, where that is what went wrong. */
function refusedPath(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { syscall, path } = error as Error & { syscall?: unknown; path?: unknown };
  return typeof syscall === "string" && typeof path === "string" ? path : null;
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}

/** --help and --version end by an error that is none. */
function unlessAnswered(error: unknown): void {
  if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
}

async function main(args: string[]): Promise<number> {
  process.stderr.on("error", () => {}); // a terminal that is gone, or a full disk under a log: what it is told is lost, not the work
  const verbose = args.includes("--verbose");
  // An experiment that was killed has no use for a training that would go on alone, and in the way of the next one.
  process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
  try {
    const otograd = program();
    const words = helpAsked(
      otograd,
      args.filter((arg) => arg !== "--verbose"),
    );
    await otograd.parseAsync(words, { from: "user" }).catch(unlessAnswered);
    if (stdoutFailure() !== null) throw new UserError(`cannot write to stdout: ${reason(stdoutFailure())}`);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return report(error, verbose);
  }
}

process.exit(await main(process.argv.slice(2)));
