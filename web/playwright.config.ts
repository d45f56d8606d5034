// Tests in a browser against a real server that already runs and holds the demonstration's data.
//   ONRECORD_URL       its address
//   ONRECORD_SIGN_INS  a JSON file: {"supervisor": {"name": "…", "password": "…"}, …}, one for each role
//   ONRECORD_TOKEN     an administrator's token, by which specs bring about what they then look for
//   ONRECORD_ARRIVING  a JSON file: {"call": "…", "file": "…", "metadata": {…}}, a call without video, and a recording of it
//   CHROMIUM           the browser; Debian's where nothing is said
//   ONRECORD_PICTURES  where pictures for docs/how-to go (pictures.spec.ts), such as tests/app/run.py --pictures says
//   ONRECORD_SHOTS     where a picture of every page goes, for looking at; none are taken where nothing is said
import { defineConfig } from '@playwright/test';

export default defineConfig({
	testDir: 'tests',
	timeout: 60_000,
	expect: { timeout: 10_000 },
	// One server, one set of data: tests of one role change what another sees.
	workers: 1,
	// A busy machine may take longer than a test waits; what passes only at the second try is named as flaky.
	retries: 1,
	// An application that is broken altogether is told at once, and not after every test has waited its minute.
	maxFailures: 8,
	reporter: [['list']],
	use: {
		baseURL: process.env['ONRECORD_URL'] ?? 'http://127.0.0.1:8080',
		viewport: { width: 1280, height: 900 },
		// The department's clock.
		timezoneId: 'America/Chicago',
		ignoreHTTPSErrors: true,
		launchOptions: {
			executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
			args: [
				'--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
				'--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'
			]
		}
	}
});
