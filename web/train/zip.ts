// The files in a ZIP archive that is too large to be held: each is read, and unpacked by the browser, when it is wanted.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT

/** A file by its name, and its bytes. */
export interface Entry {
  name: string;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
}

const END = 0x06054b50;
const LISTED = 0x02014b50;
const LOCAL = 0x04034b50;
/** The end's record, with the longest comment behind it. */
const LONGEST_END = 22 + 0xffff;
const STORED = 0;
const DEFLATED = 8;

/** Throws where it is no ZIP archive, or one of more than 4 GB. */
export async function zipEntries(archive: Blob, called: string): Promise<Entry[]> {
  const wrong = (what: string) => new Error(`${called} ${what}`);
  const tail = await view(archive, Math.max(0, archive.size - LONGEST_END), archive.size);
  let at = tail.byteLength - 22;
  while (at >= 0 && tail.getUint32(at, true) !== END) at--;
  if (at < 0) throw wrong("is no ZIP archive, or not all of one");
  const [count, size, start] = [
    tail.getUint16(at + 10, true),
    tail.getUint32(at + 12, true),
    tail.getUint32(at + 16, true),
  ];
  if (count === 0xffff || start === 0xffffffff)
    throw wrong("is too large an archive: unpack it, and choose the folder");
  const list = await view(archive, start, start + size);
  const entries: Entry[] = [];
  for (let i = 0, from = 0; i < count; i++) {
    if (from + 46 > list.byteLength || list.getUint32(from, true) !== LISTED)
      throw wrong("is a damaged archive");
    const [method, packed] = [list.getUint16(from + 10, true), list.getUint32(from + 20, true)];
    const [nameLength, more, comment] = [28, 30, 32].map((place) => list.getUint16(from + place, true));
    const offset = list.getUint32(from + 42, true);
    const name = new TextDecoder().decode(new Uint8Array(list.buffer, from + 46, nameLength));
    from += 46 + nameLength! + more! + comment!;
    if (name.endsWith("/")) continue;
    entries.push({
      name,
      async bytes() {
        const local = await view(archive, offset, offset + 30);
        if (local.byteLength < 30 || local.getUint32(0, true) !== LOCAL) throw wrong(`is damaged at ${name}`);
        const begin = offset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
        const part = archive.slice(begin, begin + packed);
        if (method === STORED) return new Uint8Array(await part.arrayBuffer());
        if (method !== DEFLATED) throw wrong(`has ${name} packed in a way that is not read here`);
        const unpacked = part.stream().pipeThrough(new DecompressionStream("deflate-raw"));
        return new Uint8Array(await new Response(unpacked).arrayBuffer());
      },
    });
  }
  return entries;
}

async function view(archive: Blob, from: number, to: number): Promise<DataView> {
  return new DataView(await archive.slice(from, to).arrayBuffer());
}
