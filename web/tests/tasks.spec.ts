// The rest of what docs/how-to says that each role does; the first of it stands in roles.spec.ts.
import { openCase, personNamed, playable } from './by-api';
import { expect, settled, signIn, test } from './signed-in';
import type { Page } from '@playwright/test';

const recordingOf = async (page: Page, id: string) => {
	await page.goto(`/recordings/${encodeURIComponent(id)}`);
	await expect(page.getByRole('heading', { name: 'Custody trail' })).toBeVisible();
	await settled(page);
};
const dialog = (page: Page) => page.getByRole('dialog');

test.describe('prosecutor', () => {
	test.use({ expected: [/404/] });
	test('finds the case, watches and proves what is in it, and learns nothing of the rest', async ({ page }) => {
		const [inside, outside] = [await playable(2), await playable(3)];
		const number = `17-CR-${Date.now()}`;
		await openCase(number, 'People v. an invented person', [inside.id], [await personNamed('prosecutor')]);
		await signIn(page, 'prosecutor');
		await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Cases' }).click();
		await page.getByRole('link', { name: number }).click();
		await expect(page.getByRole('heading', { level: 1 })).toHaveText(`${number} · People v. an invented person`);
		await expect(page.getByText('Demo prosecutor', { exact: true }).last()).toBeVisible();
		await expect(page.getByRole('button', { name: /Edit|Close the case|Add/ })).toHaveCount(0);

		await page.locator('main li a[href^="/recordings/"]').click();
		const video = page.locator('video').first();
		await expect.poll(() => video.evaluate((one: HTMLVideoElement) => one.readyState)).toBeGreaterThan(0);
		await page.getByRole('button', { name: 'Play', exact: true }).click();
		await expect.poll(() => video.evaluate((one: HTMLVideoElement) => one.currentTime)).toBeGreaterThan(0.5);
		const original = page.waitForEvent('download');
		await page.getByRole('link', { name: 'Download the original', exact: true }).click();
		expect((await original).suggestedFilename()).toMatch(/\.mp4$/);
		const receipt = page.waitForEvent('download');
		await page.getByRole('link', { name: 'Download the receipt' }).click();
		expect((await receipt).suggestedFilename()).toMatch(/receipt\.json$/);
		await page.getByRole('button', { name: 'Read the bytes again now' }).click();
		await expect(page.getByText('Read again: the bytes are the same.')).toBeVisible();
		await expect(page.getByRole('button', { name: /Place a hold|Change|Add a note|Correct|Set a marker/ })).toHaveCount(0);
		await page.reload();
		await expect(page.getByText('Demo prosecutor').last()).toBeVisible();

		await page.goto(`/recordings/${outside.id}`);
		await expect(page.getByRole('alert')).toBeVisible();
		await expect(page.getByRole('main')).not.toContainText(outside.officer_id);
		await expect(page.locator('video')).toHaveCount(0);
	});
});

test('an officer categorises a recording and sees what was done to it', async ({ page }) => {
	await signIn(page, 'officer');
	await page.goto('/evidence?state=complete');
	await settled(page);
	await page.locator('tbody a').first().click();
	await page.getByRole('region', { name: 'Categories' }).getByRole('button', { name: 'Change' }).click();
	const box = dialog(page).getByRole('checkbox').first();
	const was = await box.isChecked();
	await box.setChecked(!was);
	await dialog(page).getByRole('button', { name: 'Save' }).click();
	await expect(page.getByText('The categories were set.')).toBeVisible();
	await expect(page.getByRole('region', { name: 'Custody trail' }).getByText('Demo officer').first()).toBeVisible();
	await expect(page.getByRole('button', { name: /Place a hold|Correct/ })).toHaveCount(0);
	await expect(page.getByRole('link', { name: /Download the original/ })).toHaveCount(0);
});

test('an account that needs approval waits on the supervisor’s Home, who decides and says why', async ({ page, browser }) => {
	await signIn(page, 'officer');
	await page.locator('section', { hasText: 'My calls without video' }).getByRole('listitem').last().getByRole('link').click();
	await expect(page.getByRole('heading', { level: 1, name: /^Call / })).toBeVisible();
	await settled(page);
	const give = page.getByRole('button', { name: 'Give an account' }).first();
	const text = `I spoke with somebody who gave information in confidence. ${Date.now()}`;
	// At a second try the account of the first may still wait.
	if (await give.isVisible()) {
		await give.click();
		await page.getByLabel('Reason recognised by the policy').selectOption({ label: 'Dealing with a confidential informant' });
		await expect(page.getByText('needs approval')).toBeVisible();
		await page.getByLabel('What happened').fill(text);
		await page.getByRole('button', { name: 'Give the account' }).click();
		await expect(page.getByText('It waits for a supervisor’s approval.')).toBeVisible();
	}
	const other = await (await browser.newContext()).newPage();
	await signIn(other, 'supervisor');
	const waits = other.locator('section', { hasText: 'Accounts that wait for a decision' });
	await waits.getByRole('link', { name: /^Account of/ }).first().click();
	await other.getByRole('button', { name: 'Approve', exact: true }).first().click();
	await dialog(other).getByLabel('Reason').fill('The informant confirmed it.');
	await dialog(other).getByRole('button', { name: 'Approve' }).click();
	await expect(other.getByText('The account was approved.')).toBeVisible();
	await expect(other.getByText(/The informant confirmed it\./)).toBeVisible();
	await other.context().close();
});

test('a supervisor places a hold, and lifts it', async ({ page }) => {
	await signIn(page, 'supervisor');
	await page.goto('/evidence?state=complete');
	await settled(page);
	await page.locator('tbody a').first().click();
	const reason = `A complaint was announced ${Date.now()}`;
	await page.getByRole('button', { name: 'Place a hold' }).click();
	await dialog(page).getByLabel('Reason').fill(reason);
	await dialog(page).getByRole('button', { name: 'Save' }).click();
	await expect(page.getByText('The hold was placed.')).toBeVisible();
	const hold = page.getByRole('region', { name: 'Holds' }).getByRole('listitem').filter({ hasText: reason });
	await hold.getByRole('button', { name: 'Lift the hold' }).click();
	await dialog(page).getByRole('button', { name: 'Lift the hold' }).click();
	await expect(hold.getByText('lifted by Demo supervisor')).toBeVisible();
});

test('a supervisor compares a shipped policy with the one in force', async ({ page }) => {
	await signIn(page, 'supervisor');
	await page.goto('/audit');
	await page.getByRole('link', { name: 'Compare a changed policy' }).click();
	await page.getByLabel('A shipped policy').selectOption('generic');
	await page.getByRole('button', { name: 'Compare', exact: true }).click();
	await expect(page.getByRole('heading', { name: 'What would change' })).toBeVisible({ timeout: 50_000 });
	await expect(page.getByRole('heading', { name: /^In force/ })).toBeVisible();
});

test('an evidence technician mends whose recording it is, and restricts it', async ({ page }) => {
	const { id } = await playable(-1);
	await signIn(page, 'evidence_technician');
	await recordingOf(page, id);
	await page.getByRole('button', { name: 'Correct' }).click();
	await dialog(page).getByLabel('Right officer').fill('10000');
	await dialog(page).getByLabel('Reason').fill('They swapped cameras at roll call.');
	await dialog(page).getByRole('button', { name: 'Save' }).click();
	const corrections = page.getByRole('region', { name: 'Corrections' });
	await expect(corrections.getByText('They swapped cameras at roll call.').first()).toBeVisible();

	for (const [to, shown] of [['Juveniles', 'Juveniles'], ['Not restricted', 'Not restricted']] as const) {
		await page.getByRole('region', { name: 'Restriction' }).getByRole('button', { name: 'Change' }).click();
		await dialog(page).getByLabel('Class').selectOption({ label: to });
		await dialog(page).getByLabel('Reason').fill('A child is seen.');
		await dialog(page).getByRole('button', { name: 'Save' }).click();
		await expect(page.getByRole('region', { name: 'Restriction' }).getByText(shown)).toBeVisible();
	}
});

test('records puts recordings into a case, adds a note and a file, and closes it', async ({ page }) => {
	const number = `R-${Date.now()}`;
	await openCase(number, 'A request', [(await playable(4)).id], []);
	await signIn(page, 'records');
	await page.goto('/evidence?state=complete');
	await settled(page);
	await page.locator('tbody input[type=checkbox]').nth(1).check();
	await page.getByRole('button', { name: 'Add to a case' }).click();
	const choice = dialog(page).getByRole('combobox');
	await expect(choice.getByRole('option', { name: new RegExp(number) })).toHaveCount(1);
	await choice.selectOption({ label: `${number} A request` });
	await dialog(page).getByRole('button', { name: 'Add', exact: true }).click();
	await expect(page.getByText('1 recording was added to the case.')).toBeVisible();

	await page.goto(`/cases?q=${number}`);
	await page.getByRole('link', { name: number }).click();
	const inside = page.getByRole('region', { name: 'Recordings' }).getByRole('listitem');
	await expect(inside).toHaveCount(2);
	await page.getByRole('button', { name: 'Add a note' }).click();
	await dialog(page).getByLabel('Note').fill('Faces are to be hidden before release.');
	await dialog(page).getByRole('button', { name: 'Save' }).click();
	await expect(page.getByText('Faces are to be hidden before release.')).toBeVisible();
	await page.getByRole('button', { name: 'Add a file' }).click();
	await dialog(page).getByLabel('File').setInputFiles({ name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('A letter.') });
	await dialog(page).getByRole('button', { name: 'Save' }).click();
	await expect(page.getByText('The file was sealed and added.')).toBeVisible();
	await expect(inside).toHaveCount(3);
	await page.getByRole('button', { name: 'Close the case' }).click();
	await dialog(page).getByRole('button', { name: 'Close the case' }).click();
	await expect(page.getByText('The case was closed.')).toBeVisible();
	await expect(inside).toHaveCount(3);
});

test('whoever keeps cases names a person and takes the name back', async ({ page }) => {
	const number = `N-${Date.now()}`;
	const id = await openCase(number, 'Names', [], []);
	await signIn(page, 'records');
	await page.goto(`/cases/${id}`);
	const named = page.getByRole('region', { name: 'People it names' });
	await page.getByRole('button', { name: 'Edit' }).click();
	await dialog(page).getByLabel('People it names').fill('prosec');
	await dialog(page).getByRole('button', { name: 'Add: Demo prosecutor' }).click();
	await dialog(page).getByRole('button', { name: 'Save' }).click();
	await expect(named.getByText('Demo prosecutor')).toBeVisible();
	await page.getByRole('button', { name: 'Edit' }).click();
	await dialog(page).getByRole('button', { name: 'Remove: Demo prosecutor' }).click();
	await dialog(page).getByRole('button', { name: 'Save' }).click();
	await expect(named.getByText('Demo prosecutor')).toHaveCount(0);
});

test('oversight reads the figures, the rules and how the system is', async ({ page }) => {
	await signIn(page, 'oversight');
	await expect(page.getByText('You see everything and change nothing.')).toBeVisible();
	await page.goto('/audit');
	await expect(page.getByRole('heading', { name: 'What this cannot say' })).toBeVisible({ timeout: 50_000 });
	await page.goto('/administration/system');
	await expect(page.getByRole('heading', { name: 'Ledger' })).toBeVisible();
	await page.getByRole('link', { name: 'Policy', exact: true }).click();
	await expect(page.getByText('50 ILCS 706/10-20(a)(3)').first()).toBeVisible();
	await page.goto('/cases');
	await expect(page.getByRole('button', { name: 'Open a case' })).toHaveCount(0);
});

test('an administrator finds a person, disables them, and takes a token back', async ({ page }) => {
	await signIn(page, 'administrator');
	await page.goto('/administration/people');
	const name = `leaver-${Date.now()}`;
	await page.getByRole('button', { name: 'Add a person' }).click();
	await dialog(page).getByLabel('Sign-in name').fill(name);
	await dialog(page).getByLabel('Name', { exact: true }).fill(name);
	await dialog(page).getByLabel('Prosecutor').check();
	await dialog(page).getByRole('button', { name: 'Add a person' }).click();
	await page.getByLabel('Words').fill(name);
	await page.getByRole('button', { name: 'Apply' }).click();
	await settled(page);
	const row = page.getByRole('row').filter({ hasText: name });
	await row.getByRole('button', { name: /^Disable/ }).click();
	await dialog(page).getByRole('button', { name: 'Disable' }).click();
	await expect(page.getByText(`${name} was disabled and signed out.`)).toBeVisible();

	await page.goto('/administration/tokens');
	await page.getByRole('button', { name: 'Make a token' }).click();
	await dialog(page).getByLabel('Name').fill(name);
	await dialog(page).getByRole('button', { name: 'Make a token' }).click();
	const token = page.getByRole('row').filter({ hasText: name });
	await token.getByRole('button', { name: /^Revoke/ }).click();
	await dialog(page).getByRole('button', { name: 'Revoke' }).click();
	await expect(token.getByText('Revoked')).toBeVisible();
});

// The last of all: a row that cannot be used might concern anybody, so outcomes become unverifiable.
test('a program manager imports an export, reads what could not be used, and cuts the audit', async ({ page }) => {
	await signIn(page, 'program_manager');
	await page.goto('/administration/imports');
	await page.getByLabel('What the file has').selectOption('officers');
	const now = Date.now();
	const rows = `officer_id,name,badge,district\nT${now},Nobody Real,T1,14\n,Without an id ${now},T2,14\n`;
	await page.getByLabel('File', { exact: true }).setInputFiles({ name: 'officers.csv', mimeType: 'text/csv', buffer: Buffer.from(rows) });
	await page.getByRole('button', { name: 'Import', exact: true }).click();
	await expect(page.getByRole('heading', { name: 'Result: Officers' })).toBeVisible();
	await expect(page.locator('dl.figures div', { hasText: 'Used' }).first()).toContainText('1');
	await expect(page.locator('tbody td').filter({ hasText: '3' }).first()).toBeVisible();

	await page.goto('/audit');
	await settled(page);
	await page.getByRole('link', { name: 'Week', exact: true }).click();
	await expect(page).toHaveURL(/by=week/);
	await expect(page.getByRole('columnheader', { name: 'Week' })).toBeVisible();
});
