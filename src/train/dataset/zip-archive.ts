// Reading a zip archive that may be damaged or malicious: `yauzl` reads its directory and refuses names that lead
// elsewhere; a file's bytes are held here to the size and the checksum that the directory gives.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { crc32, inflateRawSync } from "node:zlib";
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from "yauzl";
import { reason } from "../files/files.ts";
import { hasCode, oneLine, tame, UserError } from "../terminal/errors.ts";

/** An archive that is damaged, malicious or of something else: it is of no use to keep it. */
export class BadArchive extends UserError {
  override name = "BadArchive";
}

/** An entry's name, for a message. */
export function quoted({ fileName }: Entry): string {
  return `"${tame(fileName, 80)}"`;
}

export class ZipArchive {
  private constructor(
    private readonly file: OpenFile,
    private readonly zip: ZipFile,
  ) {}

  /** Throws BadArchive where a file is no zip archive, UserError where it cannot be read. */
  static async open(path: string): Promise<ZipArchive> {
    const file = new OpenFile(path);
    try {
      const zip = await fromRandomAccessReaderPromise(file, file.size, { strictFileNames: true });
      return new ZipArchive(file, zip);
    } catch (error) {
      file.closeNow();
      throw bad("the archive", error);
    }
  }

  /** The entries there are, as the archive has it. */
  get entryCount(): number {
    return this.zip.entryCount;
  }

  /** Folders and files, in the directory's order; to be called once. Throws BadArchive. */
  async entries(): Promise<Entry[]> {
    const entries: Entry[] = [];
    try {
      for await (const entry of this.zip.eachEntry()) entries.push(entry);
    } catch (error) {
      throw bad("the archive", error);
    }
    return entries;
  }

  /** A file's bytes; its declared sizes are the caller's to bound. Throws BadArchive. */
  async read(entry: Entry): Promise<Buffer> {
    const { uncompressedSize: size, compressedSize, compressionMethod } = entry;
    const wrongSize = `${quoted(entry)} in the archive does not have the ${size} bytes that it claims`;
    let content: Buffer;
    try {
      const { fileDataStart } = await this.zip.readLocalFileHeaderPromise(entry, { minimal: true });
      const packed = this.file.bytes(fileDataStart, compressedSize);
      content =
        compressionMethod === 0 ? packed : inflateRawSync(packed, { maxOutputLength: Math.max(1, size) });
    } catch (error) {
      throw hasCode(error, "ERR_BUFFER_TOO_LARGE") ? new BadArchive(wrongSize) : bad(quoted(entry), error);
    }
    if (content.length !== size) throw new BadArchive(wrongSize);
    if (crc32(content) !== entry.crc32)
      throw new BadArchive(`${quoted(entry)} in the archive is damaged (CRC)`);
    return content;
  }

  close(): void {
    this.file.closeNow();
  }
}

/** Whatever goes wrong in reading an archive is the archive's fault. */
function bad(what: string, error: unknown): Error {
  if (error instanceof UserError) return error;
  return new BadArchive(`${what} is damaged, or no zip archive: ${tame(oneLine(error))}`, { cause: error });
}

/**
 * A file as `yauzl` wants it. (Its own reader lets an exception out of a callback, where nobody can catch it, when an
 * archive points beyond 2^53.)
 */
class OpenFile extends RandomAccessReader {
  private readonly file: number;
  readonly size: number;

  constructor(private readonly path: string) {
    super();
    try {
      this.file = openSync(path, "r");
      this.size = fstatSync(this.file).size;
    } catch (error) {
      throw new UserError(`cannot read ${path}: ${reason(error)}`, { cause: error });
    }
  }

  /** Bytes `from` to `from + length` of the file. */
  bytes(from: number, length: number): Buffer {
    if (!(from >= 0 && from + length <= this.size)) throw new Error("it points beyond its own end");
    const buffer = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; ) {
      const count = this.some(buffer, at, from + at);
      if (count === 0) throw new UserError(`cannot read ${this.path}: it has become shorter`);
      at += count;
    }
    return buffer;
  }

  private some(buffer: Buffer, at: number, position: number): number {
    try {
      return readSync(this.file, buffer, at, buffer.length - at, position);
    } catch (error) {
      throw new UserError(`cannot read ${this.path}: ${reason(error)}`, { cause: error });
    }
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    setImmediate(() => {
      try {
        this.bytes(position, length).copy(buffer, offset);
      } catch (error) {
        callback(error as Error);
        return;
      }
      callback(null);
    });
  }

  /** `yauzl` may close at any time; `closeNow` does. */
  override close(callback: (error: Error | null) => void): void {
    setImmediate(callback, null);
  }

  closeNow(): void {
    closeSync(this.file);
  }
}
