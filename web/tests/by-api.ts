// What specs bring about by the API, so that the pages have something to show: with an administrator's token, which people
// have not.
import { request, type APIRequestContext } from '@playwright/test';
import { existsSync, readFileSync } from 'node:fs';

export const token = process.env['ONRECORD_TOKEN'] ?? '';
const file = process.env['ONRECORD_ARRIVING'] ?? '';

export interface Arriving {
	call: string;
	file: string;
	metadata: Record<string, string>;
}
/** A call without video, and a recording of it that nobody has brought in yet. */
export const arriving = file && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Arriving) : undefined;

async function asked<T>(what: (api: APIRequestContext) => Promise<T>): Promise<T> {
	const api = await request.newContext({
		baseURL: process.env['ONRECORD_URL'] ?? 'http://127.0.0.1:8080',
		extraHTTPHeaders: { authorization: `Bearer ${token}` }
	});
	try {
		return await what(api);
	} finally {
		await api.dispose();
	}
}
async function answered<T>(method: 'get' | 'post', path: string, data?: unknown): Promise<T> {
	return asked(async (api) => {
		const answer = await api[method](`/api/v1/${path}`, data === undefined ? {} : { data });
		if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`);
		return answer.headers()['content-type']?.includes('json') ? ((await answer.json()) as T) : (undefined as T);
	});
}
interface Items<T> {
	items: T[];
}

/** The first recording that can be played, and is not the first of all: what other specs change stays theirs. */
export async function playable(at = 2): Promise<{ id: string; officer_id: string }> {
	const found = await answered<Items<{ id: string; officer_id: string }>>('get', 'recordings?state=complete&limit=50');
	const one = found.items.at(at);
	if (!one) throw new Error('there are too few recordings');
	return one;
}

export async function personNamed(name: string): Promise<string> {
	const found = await answered<Items<{ id: string; name: string }>>('get', `people?q=${encodeURIComponent(name)}`);
	const one = found.items.find((person) => person.name === name);
	if (!one) throw new Error(`there is no ${name}`);
	return one.id;
}

/** Opens a case with recordings in it that names people. */
export async function openCase(number: string, title: string, recordings: string[], people: string[]): Promise<string> {
	const made = await answered<{ id: string }>('post', 'cases', { number, title, people });
	await answered('post', `cases/${made.id}/recordings`, { recording_ids: recordings });
	return made.id;
}

/** Brings a recording in, as a dock does: created with all its bytes. */
export async function bringIn({ file, metadata }: Arriving): Promise<void> {
	const bytes = readFileSync(file);
	const told = Object.entries(metadata).map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`);
	await asked(async (api) => {
		const answer = await api.post('/api/v1/uploads', {
			data: bytes,
			headers: {
				'tus-resumable': '1.0.0',
				'upload-length': String(bytes.length),
				'upload-metadata': told.join(','),
				'content-type': 'application/offset+octet-stream'
			},
			timeout: 60_000
		});
		if (!answer.ok()) throw new Error(`the recording was not taken: ${answer.status()} ${await answer.text()}`);
	});
}
