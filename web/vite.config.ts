import { sveltekit } from '@sveltejs/kit/vite';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** SvelteKit's announcer of page changes bears a style attribute, which a strict policy refuses; a class does the same. */
function announcerWithoutStyle(): Plugin {
	return {
		name: 'announcer-without-style',
		enforce: 'pre',
		transform(code, id) {
			if (!id.includes('generated/root.svelte')) return null;
			return code.replace(/(id="svelte-announcer"[^>]*?)\sstyle="[^"]*"/, '$1 class="unseen"');
		}
	};
}

// Where the API is while developing: a server of one's own.
const api = process.env['ONRECORD_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
	plugins: [announcerWithoutStyle(), sveltekit()],
	server: { proxy: { '/api': api, '/ledger': api } },
	test: { include: ['src/**/*.test.ts'], environment: 'node' }
});
