// The files of a drop, those within folders too.

/** Calls `give` with the files: at once, or when folders among them have been looked through. */
export function takeDropped(transfer, give) {
  const files = [];
  const folders = [];
  for (const item of transfer.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry?.(); // gone once the event is over
    if (entry?.isDirectory) folders.push(entry);
    else files.push(item.getAsFile());
  }
  if (!folders.length) return give(files);
  return Promise.all(folders.map(within)).then((found) => give([...files, ...found.flat()]));
}

async function within(folder) {
  const reader = folder.createReader();
  const files = [];
  // It hands out a hundred entries at a time, and none at the end.
  for (;;) {
    const entries = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!entries.length) return files.filter((file) => file && !file.name.startsWith("."));
    for (const entry of entries) {
      if (entry.isDirectory) files.push(...(await within(entry)));
      else files.push(await new Promise((resolve) => entry.file(resolve, () => resolve(null))));
    }
  }
}
