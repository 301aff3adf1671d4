// What somebody drops on a page or chooses: files, or folders with all that is in them.
import type { DroppedFile } from "./dropped-run.ts";

export interface Bundle {
  /** The folder's name, or the file's. */
  name: string;
  files: DroppedFile[];
}

/** Calls `take` with each thing that is dropped anywhere on the page, and `fail` with why one cannot be read. */
export function onDrop(take: (bundle: Bundle) => void, fail: (error: Error) => void): void {
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    // Entries are gone after the first await.
    const entries = [...(event.dataTransfer?.items ?? [])].flatMap((item) => item.webkitGetAsEntry() ?? []);
    for (const entry of entries) {
      const files = await filesOf(entry, "").catch(({ message }: Error) => {
        fail(new Error(`${entry.name} cannot be read: ${message}`));
        return null;
      });
      if (files !== null) take({ name: entry.name, files });
    }
  });
}

/** The files that were chosen. The input has none afterwards: of the same, chosen again, it would say nothing. */
export function chosenFiles(input: HTMLInputElement): File[] {
  const files = [...input.files!];
  input.value = "";
  return files;
}

/** The same as one thing: a file, or, where the input asks for a folder, that. */
export function chosen(input: HTMLInputElement): Bundle | null {
  const files = chosenFiles(input);
  const [first] = files;
  if (first === undefined) return null;
  const folder = first.webkitRelativePath.split("/")[0]!;
  return {
    name: folder === "" ? first.name : folder,
    files: files.map((file) => ({ path: file.webkitRelativePath || file.name, file })),
  };
}

async function filesOf(entry: FileSystemEntry, above: string): Promise<DroppedFile[]> {
  const path = above + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ path, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: DroppedFile[] = [];
  for (;;) {
    // It gives a hundred at a time, and in the end none.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return found;
    for (const one of some) found.push(...(await filesOf(one, `${path}/`)));
  }
}
