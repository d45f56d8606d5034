// Each role's main tasks, done as people do them.
import { expect, passwordOf, settled, signIn, test } from './signed-in';

test.describe('anybody', () => {
	test.use({ expected: [/401|Failed to load resource/] });
	test('is told in a sentence why a sign-in failed, and nothing about the name', async ({ page }) => {
		await page.goto('/sign-in');
		await page.getByLabel('Sign-in name').fill('nobody-of-this-name');
		await page.getByLabel('Password', { exact: true }).fill('not the password');
		await page.getByRole('button', { name: 'Sign in', exact: true }).click();
		await expect(page.getByRole('alert')).toBeVisible();
	});
	test('comes to the page they wanted after signing in', async ({ page }) => {
		await page.goto('/calls?outcome=missing');
		await expect(page).toHaveURL(/\/sign-in\?next=%2Fcalls%3Foutcome%3Dmissing/);
	});
});

test('an officer gives an account of a call without video', async ({ page }) => {
	await signIn(page, 'officer');
	await page.goto('/calls?outcome=missing');
	await settled(page);
	await page.locator('tbody a').first().click();
	const give = page.getByRole('button', { name: 'Give an account' }).first();
	await give.click();
	await page.getByLabel('What happened').fill('The camera fell off in a struggle; I put it back on as soon as I could.');
	await page.getByRole('button', { name: 'Give the account' }).click();
	await expect(page.getByText(/Your account was given/)).toBeVisible();
	await expect(page.getByText('The camera fell off in a struggle').first()).toBeVisible();
});

test('a supervisor finds a call, reads the picture by keyboard and sees the rule', async ({ page }) => {
	await signIn(page, 'supervisor');
	await page.goto('/calls?outcome=partial');
	await settled(page);
	await page.locator('tbody a').first().click();
	const gap = page.getByRole('button', { name: /Late activation|Early stop|Gap|Never activated/ }).first();
	await gap.focus();
	await expect(page.getByText(/Rule:/).first()).toBeVisible();
	await page.keyboard.press('+');
	await expect(page.getByRole('button', { name: 'Whole call' })).toBeEnabled();
	await page.keyboard.press('0');
	await expect(page.getByRole('button', { name: 'Whole call' })).toBeDisabled();
});

test('a supervisor goes from a share of the audit to the calls behind it', async ({ page }) => {
	await signIn(page, 'supervisor');
	await page.goto('/audit?by=district');
	await settled(page);
	await page.locator('tbody a').first().click();
	await expect(page).toHaveURL(/\/calls\?/);
	await settled(page);
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('Calls');
});

test('an evidence technician finds, plays, marks, and proves a recording', async ({ page }) => {
	await signIn(page, 'evidence_technician');
	await page.goto('/evidence?state=complete&sort=-duration');
	await settled(page);
	await page.locator('tbody a').first().click();
	await expect(page.getByRole('slider')).toBeVisible();
	const video = page.locator('video').first();
	await expect.poll(() => video.evaluate((one: HTMLVideoElement) => one.readyState)).toBeGreaterThan(0);
	await page.keyboard.press('k');
	await expect.poll(() => video.evaluate((one: HTMLVideoElement) => one.currentTime)).toBeGreaterThan(0.5);
	await page.keyboard.press('k');
	const before = await video.evaluate((one: HTMLVideoElement) => one.currentTime);
	await page.keyboard.press('.');
	await expect.poll(() => video.evaluate((one: HTMLVideoElement) => one.currentTime)).toBeGreaterThan(before);
	expect((await video.evaluate((one: HTMLVideoElement) => one.currentTime)) - before).toBeLessThan(0.2);

	await page.keyboard.press('m');
	await page.getByLabel('What is here?').fill('A second voice');
	await page.getByRole('button', { name: 'Save' }).click();
	await expect(page.getByText('The marker was set.')).toBeVisible();
	await expect(page.getByRole('listitem').filter({ hasText: 'A second voice' }).first()).toBeVisible();

	await page.getByRole('button', { name: 'Read the bytes again now' }).click();
	await expect(page.getByText('Read again: the bytes are the same.')).toBeVisible();
	await page.getByRole('button', { name: 'Check it in this browser' }).click();
	await expect(page.getByText(/Your browser computed the same digest/)).toBeVisible();
	await expect(page.getByRole('heading', { name: 'Custody trail' })).toBeVisible();
});

test('other cameras of a call play in step, within 100 ms', async ({ page }) => {
	await signIn(page, 'evidence_technician');
	await page.goto('/evidence?state=complete&sort=-duration');
	await expect(page.locator('tbody a').first()).toBeVisible();
	await settled(page);
	const links = await page.locator('tbody a').evaluateAll((all) => all.map((one) => (one as HTMLAnchorElement).href));
	for (const link of links.slice(0, 20)) {
		await page.goto(link);
		await settled(page);
		const show = page.getByRole('button', { name: 'Show', exact: true }).first();
		if (!(await show.waitFor({ timeout: 3_000 }).then(() => true, () => false))) continue;
		await show.click();
		// To the middle, where both were recording.
		await page.keyboard.press('5');
		await page.getByRole('button', { name: 'Play', exact: true }).click();
		await expect(page.getByText(/in step, \d+ ms apart/)).toBeVisible();
		return;
	}
	expect(links, 'recordings of which one has another camera of its call').toEqual([]);
});

test('records categorises many recordings at once', async ({ page }) => {
	await signIn(page, 'records');
	await page.goto('/evidence');
	await settled(page);
	const boxes = page.locator('tbody input[type=checkbox]');
	await boxes.nth(0).check();
	await boxes.nth(1).check();
	await page.getByRole('button', { name: 'Categorise' }).click();
	await page.getByRole('group', { name: 'Add' }).getByRole('checkbox').first().check();
	await page.getByRole('button', { name: 'Save', exact: true }).click();
	await expect(page.getByText('2 recordings were categorised.')).toBeVisible();
});

test('records opens a case', async ({ page }) => {
	await signIn(page, 'records');
	await page.goto('/cases');
	await page.getByRole('button', { name: 'Open a case' }).click();
	await page.getByLabel('Number').fill(`T-${Date.now()}`);
	await page.getByLabel('Title').fill('A test');
	await page.getByRole('dialog').getByRole('button', { name: 'Open a case' }).click();
	await expect(page.getByText('The case was opened.')).toBeVisible();
	await expect(page).toHaveURL(/\/cases\/./);
});

test('a program manager sees outcomes and cannot play', async ({ page }) => {
	await signIn(page, 'program_manager');
	const navigation = page.getByRole('navigation', { name: 'Main' });
	await expect(navigation.getByRole('link', { name: 'Audit' })).toBeVisible();
	await expect(navigation.getByRole('link', { name: 'Administration' })).toBeVisible();
});

test('oversight sees everything and is offered no change', async ({ page }) => {
	await signIn(page, 'oversight');
	await page.goto('/evidence?state=complete');
	await settled(page);
	await page.locator('tbody a').first().click();
	await expect(page.getByRole('heading', { name: 'Prove it' })).toBeVisible();
	await expect(page.getByRole('button', { name: /Place a hold|Change|Add a note|Correct/ })).toHaveCount(0);
});

test('an administrator adds a person and makes a token; each secret is shown once', async ({ page }) => {
	await signIn(page, 'administrator');
	await page.goto('/administration/people');
	await page.getByRole('button', { name: 'Add a person' }).click();
	const name = `test-${Date.now()}`;
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel('Sign-in name').fill(name);
	await dialog.getByLabel('Name', { exact: true }).fill('Test Person');
	await dialog.getByLabel('Records').check();
	await dialog.getByRole('button', { name: 'Add a person' }).click();
	await expect(page.getByText('The first password is shown only now:')).toBeVisible();
	await page.goto('/administration/tokens');
	await page.getByRole('button', { name: 'Make a token' }).click();
	await page.getByRole('dialog').getByLabel('Name').fill(name);
	await page.getByRole('dialog').getByRole('button', { name: 'Make a token' }).click();
	await expect(page.getByText('The token was made. It is shown only now:')).toBeVisible();
	await page.reload();
	await expect(page.getByText('The token was made. It is shown only now:')).toHaveCount(0);
});

test('an administrator does not get to evidence', async ({ page }) => {
	await signIn(page, 'administrator');
	await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Evidence' })).toHaveCount(0);
});

test('the keyboard alone is enough: skip link, menu, list, recording, player', async ({ page }) => {
	await signIn(page, 'evidence_technician');
	await page.goto('/evidence?state=complete');
	// Until the page has begun, it takes no keys.
	await expect(page.locator('tbody a').first()).toBeVisible();
	await settled(page);
	await page.keyboard.press('Tab');
	await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
	await page.keyboard.press('Enter');
	const first = page.locator('tbody a').first();
	for (let n = 0; n < 60 && !(await first.evaluate((one) => one === document.activeElement)); n += 1) await page.keyboard.press('Tab');
	await expect(first).toBeFocused();
	await page.keyboard.press('Enter');
	await expect(page.getByRole('slider')).toBeVisible();
	await page.keyboard.press('Shift+?');
	await expect(page.getByRole('dialog', { name: 'Keys of the player' })).toBeVisible();
	await page.keyboard.press('Escape');
	await expect(page.getByRole('dialog')).toHaveCount(0);
});

test.describe('a session that the server has locked', () => {
	test.use({ expected: [/423/] });
	test('hides the page until the password is given, and keeps what was there', async ({ page }) => {
		await signIn(page, 'supervisor');
		await page.goto('/calls?outcome=missing');
		await settled(page);
		// The first answer must be the server's own.
		await expect(page.getByRole('link', { name: 'Begin' })).toBeVisible();
		// The server locks after 15 minutes; here its answer is given in its place, once.
		const locked = { type: 'urn:onrecord:idle-locked', title: 'Locked', status: 423, detail: 'Give your password.' };
		await page.route(/api\/v1\/calls\?/, (route) => route.fulfill({ status: 423, contentType: 'application/problem+json', json: locked }), { times: 1 });
		await page.getByRole('link', { name: 'Begin' }).click();
		const dialog = page.getByRole('dialog', { name: 'Locked' });
		await expect(dialog).toBeVisible();
		await expect(page.getByRole('heading', { level: 1 })).toBeHidden();
		await page.keyboard.press('Escape');
		await expect(dialog).toBeVisible();
		await dialog.getByLabel('Password').fill(passwordOf('supervisor'));
		await dialog.getByRole('button', { name: 'Unlock' }).click();
		await expect(dialog).toBeHidden();
		await expect(page).toHaveURL(/outcome=missing/);
		await settled(page);
		await expect(page.getByRole('heading', { level: 1 })).toHaveText('Calls');
	});
});
