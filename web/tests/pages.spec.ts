// Every page that a role may open, in light and dark, at a desk and on a phone: axe finds nothing, the console is empty, nothing
// runs out of the page sideways, not even at 200% zoom (640 pixels) or on the narrowest phone.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, roles, settled, shot, signIn, test, type Role } from './signed-in';

const PAGES: Record<string, Role[]> = {
	'/': roles,
	'/account': ['officer'],
	'/evidence': ['officer', 'supervisor', 'evidence_technician', 'records', 'oversight'],
	'/calls': ['officer', 'supervisor', 'program_manager', 'oversight'],
	'/audit': ['supervisor', 'program_manager', 'oversight'],
	'/audit/compare': ['supervisor', 'program_manager'],
	'/cases': ['evidence_technician', 'records', 'prosecutor', 'oversight'],
	'/administration/people': ['administrator'],
	'/administration/tokens': ['administrator'],
	'/administration/imports': ['administrator', 'evidence_technician'],
	'/administration/districts': ['administrator'],
	'/administration/policy': ['administrator'],
	'/administration/system': ['administrator']
};

async function axe(page: Page) {
	const found = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
	return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(' | ')}`);
}
const overflow = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** `isFirst`: the same page as another role sees it was not looked at yet; later ones are looked at in light, at a desk. */
async function check(page: Page, name: string, isFirst = true) {
	await settled(page);
	for (const scheme of isFirst ? (['light', 'dark'] as const) : (['light'] as const)) {
		await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
		await page.setViewportSize({ width: 1280, height: 900 });
		expect(await axe(page), `axe on ${name}, ${scheme}`).toEqual([]);
		await shot(page, `${name}-${scheme}`);
	}
	for (const width of isFirst ? [640, 390, 320] : []) {
		await page.setViewportSize({ width, height: 844 });
		expect(await overflow(page), `${name} at ${width} pixels`).toBeLessThanOrEqual(0);
		if (width === 390) {
			expect(await axe(page), `axe on ${name}, on a phone`).toEqual([]);
			await shot(page, `${name}-phone`);
		}
	}
	await page.setViewportSize({ width: 1280, height: 900 });
}

test('sign-in', async ({ page }) => {
	await page.goto('/sign-in');
	await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
	await check(page, 'sign-in');
});

for (const [path, who] of Object.entries(PAGES)) {
	for (const role of who) {
		test(`${path} as ${role}`, async ({ page }) => {
			await signIn(page, role);
			await page.goto(path);
			await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
			await expect(page.getByRole('alert').filter({ hasText: /not work|Nothing here/ })).toHaveCount(0);
			await check(page, `${path.slice(1).replaceAll('/', '-') || 'home'}-${role}`, role === who[0]);
		});
	}
}

test('a call, its picture and its table', async ({ page }) => {
	await signIn(page, 'supervisor');
	await page.goto('/calls');
	await settled(page);
	await page.locator('tbody a').first().click();
	await expect(page.getByRole('heading', { level: 1, name: /^Call / })).toBeVisible();
	await page.locator('summary', { hasText: 'The same as a table' }).click();
	await check(page, 'call');
});

test('a recording', async ({ page }) => {
	await signIn(page, 'evidence_technician');
	await page.goto('/evidence?state=complete');
	await settled(page);
	await page.locator('tbody a').first().click();
	await expect(page.getByRole('heading', { name: 'Prove it' })).toBeVisible();
	await check(page, 'recording');
});
