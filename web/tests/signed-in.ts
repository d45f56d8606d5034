// What the tests share: a page that is signed in as a role, and that fails the test where the browser's console shows an error.
import { test as base, expect, type Page } from '@playwright/test';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';

export type Role =
	| 'officer' | 'supervisor' | 'program_manager' | 'evidence_technician' | 'records' | 'prosecutor' | 'oversight' | 'administrator';

const file = process.env['ONRECORD_SIGN_INS'] ?? '';
const signIns = (file && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}) as Partial<Record<Role, { name: string; password: string }>>;

export const roles = Object.keys(signIns) as Role[];
export const passwordOf = (role: Role): string => signIns[role]?.password ?? '';

/** Sign-ins are slowed by address, so each role signs in once and its cookies are kept. */
const states = new Map<Role, Awaited<ReturnType<ReturnType<Page['context']>['storageState']>>>();

/** `anew`: with a session of its own, which the test may end. */
export async function signIn(page: Page, role: Role, { anew = false } = {}): Promise<void> {
	const given = signIns[role];
	base.skip(!given, `no sign-in for ${role} was given in ONRECORD_SIGN_INS`);
	const kept = states.get(role);
	if (kept && !anew) {
		await page.context().addCookies(kept.cookies);
		await page.addInitScript(() => localStorage.setItem('onrecord-session', '1'));
		await page.goto('/');
	} else {
		await page.goto('/sign-in');
		await page.getByLabel('Sign-in name').fill(given?.name ?? '');
		await page.getByLabel('Password', { exact: true }).fill(given?.password ?? '');
		await page.getByRole('button', { name: 'Sign in', exact: true }).click();
	}
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('Home');
	if (!anew) states.set(role, await page.context().storageState());
}

/** Waits until nothing is on its way any more. */
export async function settled(page: Page): Promise<void> {
	await expect(page.getByText('Loading …')).toHaveCount(0);
	await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
}

export async function shot(page: Page, name: string): Promise<void> {
	const folder = process.env['ONRECORD_SHOTS'];
	if (!folder) return;
	mkdirSync(folder, { recursive: true });
	await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

/** An answer that a test asks for on purpose, such as a wrong password, is an error in the console, too. */
export const test = base.extend<{ expected: RegExp[] }>({
	expected: [[], { option: true }],
	page: async ({ page, expected }, use) => {
		const errors: string[] = [];
		const note = (text: string) => {
			if (!expected.some((pattern) => pattern.test(text))) errors.push(text);
		};
		page.on('console', (message) => {
			if (message.type() === 'error' || message.type() === 'warning') note(message.text());
		});
		page.on('pageerror', (error) => note(String(error)));
		await use(page);
		expect(errors, 'errors in the console').toEqual([]);
	}
});
export { expect };
