// The part of a download that has arrived, with a note of where it came from.
import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../files/files.ts";

/** What is known of a file that has not, or not wholly, arrived. */
export interface Origin {
  url: string;
  /** The server's names for this version of the file. */
  etag: string | null;
  lastModified: string | null;
  /** Bytes, where the server said. */
  total: number | null;
  complete: boolean;
}

export class Part {
  readonly path: string;
  private readonly note: string;

  constructor(readonly folder: string) {
    this.path = join(folder, "archive.zip");
    this.note = join(folder, "download.json");
  }

  /** Bytes that have arrived. */
  get size(): number {
    return statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** What is known of the part; null where there is none, or it is of another address. */
  origin(url: URL): Origin | null {
    if (this.size === 0) return null;
    try {
      const origin = JSON.parse(readFileSync(this.note, "utf8")) as Origin;
      return origin.url === url.href ? origin : null;
    } catch {
      return null; // a part without its note cannot be trusted
    }
  }

  remember(origin: Origin): void {
    writeWhole(this.note, JSON.stringify(origin));
  }

  discard(): void {
    rmSync(this.note, { force: true });
    rmSync(this.path, { force: true });
  }
}
