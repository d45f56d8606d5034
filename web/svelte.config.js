// A static build that the server embeds: one page (index.html) for every address, nothing rendered on a server.
import adapter from '@sveltejs/adapter-static';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** @type {import('@sveltejs/kit').Config} */
export default {
	preprocess: vitePreprocess(),
	compilerOptions: {
		runes: true,
		// Tables that become cards on a phone say their roles, since a browser forgets those of a table that is laid out otherwise.
		warningFilter: (warning) => warning.code !== 'a11y_no_redundant_roles'
	},
	kit: {
		adapter: adapter({ fallback: 'index.html' }),
		paths: { relative: false },
		// Not the time of the build: the same sources give the same files.
		version: { name: version },
		typescript: {
			config: (config) => {
				config.include.push('../tests/**/*.ts', '../playwright.config.ts');
				return config;
			}
		}
	}
};
