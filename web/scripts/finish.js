// What is left to do to the built pages. SvelteKit starts a page by an inline script, which a strict content security policy
// refuses: the script of index.html goes into a file of its own, named after its content so that it may be cached for ever. Then
// everything that is text is laid beside itself compressed, as the server sends it to whoever takes it.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const build = new URL('../build/', import.meta.url);
const page = readFileSync(new URL('index.html', build), 'utf8');
const inline = /<script>([\s\S]*?)<\/script>/g;
const found = [...page.matchAll(inline)];
if (found.length !== 1) {
	throw new Error(`index.html has ${found.length} inline scripts where 1 was expected: SvelteKit's output has changed.`);
}
const script = found[0][1].trim();
const name = `_app/immutable/begin.${createHash('sha256').update(script).digest('hex').slice(0, 12)}.js`;
writeFileSync(new URL(name, build), `${script}\n`);
// Not deferred: the script finds the place to draw in by document.currentScript.
const moved = page.replace(inline, `<script src="/${name}"></script>`);
if (/\sstyle="/.test(moved) || /<style/.test(moved)) {
	throw new Error('index.html has an inline style, which the content security policy refuses.');
}
writeFileSync(new URL('index.html', build), moved);

// Names of versions that nothing reads.
rmSync(new URL('_app/version.json', build), { force: true });
for (const file of readdirSync(build, { recursive: true, withFileTypes: true })) {
	if (!file.isFile() || !/\.(html|js|css|svg|json|txt)$/.test(file.name)) continue;
	const path = `${file.parentPath ?? file.path}/${file.name}`;
	const bytes = readFileSync(path);
	writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
	writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
}
