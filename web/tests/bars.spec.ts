// How soon: figures are printed and not asserted, since the machine may be busy; that it happens at all, and how much is
// transferred, is asserted.
import type { Page } from '@playwright/test';
import { arriving, bringIn } from './by-api';
import { expect, settled, signIn, test } from './signed-in';

const LOADS = 5;
const FIRST_LOAD = 200_000; // bytes, as transferred

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const figure = (text: string) => console.log(`figure: ${text}`);

/** Milliseconds from the navigation until what is looked for stands on the page, in the browser's own time. */
async function usableAfter(page: Page, path: string, selector: string): Promise<number> {
	await page.goto(path);
	const at = await page.waitForFunction((wanted) => (window as unknown as Record<string, number>)[wanted], selector);
	return (await at.jsonValue()) as number;
}

for (const [path, what, selector] of [
	['/', 'Home', 'main .sections'],
	['/evidence', 'Evidence', 'tbody a'],
	['/calls', 'Calls', 'tbody a']
] as const) {
	test(`${what} is usable soon after it is gone to`, async ({ page, browser }) => {
		await signIn(page, 'supervisor');
		const state = await page.context().storageState();
		const times: number[] = [];
		for (let load = 0; load < LOADS; load += 1) {
			// A context of its own: nothing is kept from the load before.
			const context = await browser.newContext({ storageState: state });
			await context.addInitScript((wanted) => {
				const look = () => {
					if (document.querySelector(wanted)) (window as unknown as Record<string, number>)[wanted] ??= performance.now();
				};
				new MutationObserver(look).observe(document, { childList: true, subtree: true });
			}, selector);
			times.push(await usableAfter(await context.newPage(), path, selector));
			await context.close();
		}
		const [least, most] = [Math.min(...times), Math.max(...times)];
		figure(`${what} usable after ${Math.round(median(times))} ms (median of ${LOADS} cold loads, ${Math.round(least)} to ${Math.round(most)} ms)`);
		expect(times).toHaveLength(LOADS);
	});
}

test('the first load transfers little', async ({ page, browser }) => {
	await signIn(page, 'supervisor');
	const context = await browser.newContext({ storageState: await page.context().storageState() });
	const fresh = await context.newPage();
	const watch = await context.newCDPSession(fresh);
	await watch.send('Network.enable');
	let bytes = 0;
	watch.on('Network.loadingFinished', (event) => (bytes += event.encodedDataLength));
	await fresh.goto('/');
	await expect(fresh.getByRole('heading', { level: 1 })).toHaveText('Home');
	await settled(fresh);
	await fresh.waitForLoadState('networkidle').catch(() => undefined);
	figure(`first load of Home ${(bytes / 1000).toFixed(0)} kB as transferred, everything counted`);
	expect(bytes).toBeGreaterThan(0);
	expect(bytes).toBeLessThan(FIRST_LOAD);
	await context.close();
});

test('a recording that arrives shows on the open page of its call', async ({ page }, { retry }) => {
	if (!arriving) throw new Error('Nothing to bring in is named in ONRECORD_ARRIVING; tests/app/run.py names it.');
	await signIn(page, 'supervisor');
	await page.goto(`/calls/${encodeURIComponent(arriving.call)}`);
	await settled(page);
	await expect(page.getByText('Live')).toBeVisible();
	let loads = 0;
	page.on('load', () => (loads += 1));
	const recorded = page.getByRole('button', { name: /: Recorded, / });
	const before = await recorded.count();
	// A second try brings another one: what the first brought is there.
	await bringIn({ ...arriving, metadata: { ...arriving.metadata, filename: `${retry}-${arriving.metadata['filename']}` } });
	const here = Date.now();
	await expect(recorded).toHaveCount(before + 1, { timeout: 30_000 });
	const shown = Date.now() - here;
	await expect(page.getByText('Never activated')).toHaveCount(0, { timeout: 30_000 });
	figure(`a recording shows on the open page of its call ${shown} ms after its last byte was taken, its outcome after ${Date.now() - here} ms`);
	expect(loads, 'the page was not loaded again').toBe(0);
});
