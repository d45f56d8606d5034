// The ways in that need no password here: a passkey, and the agency's identity provider (tests/app/provider.mjs).
import { expect, signIn, test } from './signed-in';

// What the server offers a device lacks one kind of key that Chromium would like to see offered.
test.use({ expected: [/pubKeyCredParams is missing/] });

test('a passkey is made on the account page and signs in by itself', async ({ page }) => {
	const device = await page.context().newCDPSession(page);
	await device.send('WebAuthn.enable');
	await device.send('WebAuthn.addVirtualAuthenticator', {
		options: {
			protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
			automaticPresenceSimulation: true
		}
	});
	await signIn(page, 'records', { anew: true });
	await page.goto('/account');
	const name = `A test's device ${Date.now()}`;
	await page.getByRole('button', { name: 'Add a passkey' }).click();
	const dialog = page.getByRole('dialog', { name: 'Add a passkey' });
	await dialog.getByLabel('What you call it').fill(name);
	await dialog.getByRole('button', { name: 'Add a passkey' }).click();
	await expect(page.getByText('The passkey was added.')).toBeVisible();
	const mine = page.getByRole('listitem').filter({ hasText: name });
	await expect(mine).toBeVisible();

	await page.getByRole('button', { name: 'Sign out' }).click();
	await expect(page).toHaveURL(/sign-in/);
	await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('Home');
	await expect(page.getByRole('link', { name: /Demo records/ })).toBeVisible();

	await page.goto('/account');
	await expect(mine.getByText(/last used/)).toBeVisible();
	await mine.getByRole('button', { name: 'Remove' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
	await expect(page.getByText('The passkey was removed.')).toBeVisible();
	await expect(mine).toHaveCount(0);
	await page.getByRole('button', { name: 'Sign out' }).click();
});

test.describe('the agency’s account', () => {
	test('signs in, and goes on to the page that was wanted', async ({ page }) => {
		await page.goto('/cases');
		await page.getByRole('link', { name: 'Sign in with Agency account' }).click();
		await expect(page.getByRole('heading', { name: 'The agency' })).toBeVisible();
		await page.getByLabel('Who are you?').fill('ann');
		await page.getByRole('button', { name: 'Go on' }).click();
		await expect(page.getByRole('heading', { level: 1 })).toHaveText('Cases');
		await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Home' }).click();
		await expect(page.getByText('Ann at the agency, Records')).toBeVisible();
	});

	test('of somebody whom nobody knows here is refused in a sentence', async ({ page }) => {
		await page.goto('/sign-in');
		await page.getByRole('link', { name: 'Sign in with Agency account' }).click();
		await page.getByLabel('Who are you?').fill('bob');
		await page.getByRole('button', { name: 'Go on' }).click();
		await expect(page).toHaveURL(/sign-in\?problem=unknown-person/);
		await expect(page.getByRole('alert')).toContainText('nobody here is known by it');
	});

	test('that does not vouch for somebody is refused in a sentence', async ({ page }) => {
		await page.goto('/sign-in');
		await page.getByRole('link', { name: 'Sign in with Agency account' }).click();
		await page.getByRole('button', { name: 'Leave' }).click();
		await expect(page.getByRole('alert')).toContainText('did not vouch for you');
		await page.goto('/sign-in?problem=provider-away');
		await expect(page.getByRole('alert')).toContainText('could not be reached');
		await page.goto('/sign-in?problem=something-new');
		await expect(page.getByRole('alert')).toContainText('did not succeed');
	});
});
