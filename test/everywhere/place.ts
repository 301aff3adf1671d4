// A place where WebGPU is another's, and tests are run as one program.

export interface Program {
  readonly text: string;
  /** A folder for files of this run. */
  readonly folder: string;
}

export interface Place {
  readonly name: string;
  /** Runs a program and gives the lines that it prints, until it or the reader ends. */
  run(program: Program): AsyncGenerator<string>;
}
