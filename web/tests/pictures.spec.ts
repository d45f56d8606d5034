// The pictures of docs/how-to: each is a page in a state that a how-to page speaks of. Without ONRECORD_PICTURES the states are
// come to all the same, and no picture is taken. `tests/app/run.py --pictures` makes them all anew.
import type { Page } from '@playwright/test';
import { mkdirSync } from 'node:fs';
import { openCase, personNamed, playable } from './by-api';
import { expect, settled, signIn, test } from './signed-in';

interface How {
	width?: number;
	/** At most so high; a page that ends before is cut where it ends. */
	height?: number;
	isDark?: boolean;
	/** The element that begins the picture; the page's own beginning where nothing is said. */
	from?: string;
}

async function picture(page: Page, name: string, { width = 1280, height = 900, isDark = false, from }: How = {}): Promise<void> {
	await page.emulateMedia({ colorScheme: isDark ? 'dark' : 'light', reducedMotion: 'reduce' });
	await page.setViewportSize({ width, height });
	await settled(page);
	await expect(page.locator('.said.there')).toHaveCount(0, { timeout: 15_000 });
	const end = await page.evaluate(() => Math.ceil(document.querySelector('main')?.getBoundingClientRect().bottom ?? 0) + window.scrollY);
	await page.setViewportSize({ width, height: Math.min(height, Math.max(end, 480)) });
	if (from) await page.locator(from).evaluate((one) => window.scrollTo(0, one.getBoundingClientRect().top + window.scrollY - 16));
	const folder = process.env['ONRECORD_PICTURES'];
	if (!folder) return;
	mkdirSync(folder, { recursive: true });
	await page.screenshot({ path: `${folder}/${name}.png` });
}
const PHONE = { width: 390, height: 844 };

/** The call with footage at which one camera came late, one stopped early, and at the end nobody recorded. */
const CALL = 'DOMESTIC DISTURBANCE';
async function openCall(page: Page): Promise<void> {
	await page.goto(`/calls?q=${encodeURIComponent(CALL)}&sort=-begin`);
	await settled(page);
	await page.locator('tbody a').first().click();
	await expect(page.getByRole('heading', { level: 1, name: /^Call / })).toBeVisible();
	await settled(page);
}

test('sign-in', async ({ page }) => {
	await page.goto('/sign-in');
	await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
	await picture(page, 'sign-in', { width: 720, height: 660 });
});

test('officer', async ({ page }) => {
	await signIn(page, 'officer');
	await picture(page, 'officer-home-phone', { ...PHONE, height: 720 });
	await page.setViewportSize({ width: 1280, height: 900 });
	await openCall(page);
	await page.getByRole('button', { name: 'Give an account' }).first().click();
	await page.getByLabel('What happened').fill('She asked us to leave, and I switched it off at the door. I should have waited for the car.');
	await picture(page, 'officer-account');
	await page.getByRole('button', { name: 'Cancel' }).click();
});

test('supervisor', async ({ page }) => {
	await signIn(page, 'supervisor');
	await openCall(page);
	const gap = page.getByRole('button', { name: /Late activation/ }).first();
	await gap.click();
	await picture(page, 'call', { height: 1200 });
	await picture(page, 'call-phone', { ...PHONE, height: 1200, isDark: true });
});

test('program manager', async ({ page }) => {
	await signIn(page, 'program_manager');
	await page.goto('/audit?by=district');
	await settled(page);
	await expect(page.getByRole('heading', { name: 'What this cannot say' })).toBeVisible({ timeout: 60_000 });
	await picture(page, 'audit', { height: 1000 });
});

async function loaded(page: Page): Promise<void> {
	for (const video of await page.locator('video').all()) {
		await expect.poll(() => video.evaluate((one: HTMLVideoElement) => one.readyState)).toBeGreaterThan(1);
	}
}

test('evidence technician', async ({ page }) => {
	await signIn(page, 'evidence_technician');
	await page.goto(`/evidence?q=${encodeURIComponent(CALL)}&state=complete&sort=-duration`);
	await settled(page);
	await page.goto(`${await page.locator('tbody a').first().getAttribute('href')}?t=104`);
	await expect(page.getByRole('slider')).toBeVisible();
	await settled(page);
	for (let shown = 0; shown < 2; shown += 1) {
		await page.getByRole('button', { name: 'Show', exact: true }).first().click();
	}
	await expect(page.getByText(/in step, \d+ ms apart/)).toHaveCount(2);
	await loaded(page);
	await picture(page, 'recording', { height: 1080 });
	await page.getByRole('button', { name: 'Hide' }).first().click();
	await page.getByRole('button', { name: 'Hide' }).first().click();
	await picture(page, 'recording-phone', { ...PHONE, height: 1080, isDark: true });
});

test('records', async ({ page }) => {
	await signIn(page, 'records');
	await page.goto('/evidence?state=complete');
	await settled(page);
	for (const row of [0, 1, 2]) await page.locator('tbody input[type=checkbox]').nth(row).check();
	await picture(page, 'evidence', { height: 760 });
});

test('prosecutor', async ({ page }) => {
	const { id } = await playable();
	await openCase(`17-CR-${Date.now() % 100000}`, 'People v. an invented person', [id], [await personNamed('prosecutor')]);
	await signIn(page, 'prosecutor');
	await page.goto(`/recordings/${id}`);
	await page.getByRole('button', { name: 'Read the bytes again now' }).click();
	await expect(page.getByText('Read again: the bytes are the same.')).toBeVisible();
	await page.reload();
	await page.getByRole('button', { name: 'Read the bytes again now' }).click();
	await expect(page.getByText('Read again: the bytes are the same.')).toBeVisible();
	await picture(page, 'proof', { height: 860, from: '.proof' });
});

test('oversight', async ({ page }) => {
	await signIn(page, 'oversight');
	await page.goto('/calls?sort=-unrecorded');
	await settled(page);
	await picture(page, 'calls', { height: 760 });
});

test('administrator', async ({ page }) => {
	await signIn(page, 'administrator');
	await page.goto('/administration/people');
	await settled(page);
	await page.getByRole('button', { name: 'Add a person' }).click();
	await picture(page, 'people', { height: 900 });
	await page.getByRole('button', { name: 'Cancel' }).click();
});
