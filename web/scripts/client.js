// Writes src/lib/api/schema.ts, the server's own description of its answers, from a server that runs: `npm run client -- URL`.
// src/lib/api/schema.check.ts then fails the type check where the pages expect something else.
import { writeFileSync } from 'node:fs';
import openapi, { astToString } from 'openapi-typescript';

const url = process.argv[2] ?? 'http://127.0.0.1:8080';
const document = await (await fetch(new URL('/api/openapi.json', url))).json();
// Only what is answered and taken; which address takes it stands in index.ts.
document.paths = {};
const head = '// Made by `npm run client` from /api/openapi.json; not written by hand.\n\n';
writeFileSync(new URL('../src/lib/api/schema.ts', import.meta.url), head + astToString(await openapi(document)));
