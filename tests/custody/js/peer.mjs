// @tus/server with its file store, made durable, as the benchmark's peer: node peer.mjs FOLDER PORT
//
// As it comes, the file store acknowledges bytes that lie only in the page cache. Ours acknowledges nothing before it has
// called fsync, so here each write is followed by fsync of the file, and each creation by fsync of the new files and of
// their folder, before the answer goes out. It neither hashes nor encrypts; that is left as it is, in its favour.

import fs from "node:fs/promises";
import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";

const [folder, port] = process.argv.slice(2);

async function persist(path) {
  const file = await fs.open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

class DurableFileStore extends FileStore {
  async create(upload) {
    const created = await super.create(upload);
    await persist(created.storage.path);
    await persist(`${created.storage.path}.json`);
    await persist(this.directory);
    return created;
  }

  async write(stream, id, offset) {
    const now = await super.write(stream, id, offset);
    await persist(this.resolve(id));
    return now;
  }
}

await fs.mkdir(folder, { recursive: true });
const server = new Server({ path: "/files", datastore: new DurableFileStore({ directory: folder }) });
server.listen({ host: "127.0.0.1", port: Number(port) });
