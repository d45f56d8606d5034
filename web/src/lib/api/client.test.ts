import { afterEach, describe, expect, it, vi } from 'vitest';
import { address, ApiProblem, ask, inBackground, listenTo } from './client';

const heard: string[] = [];
listenTo({
	csrf: () => 'token',
	ended: () => heard.push('ended'),
	locked: () => heard.push('locked'),
	unreachable: () => ({ type: 'urn:onrecord:unreachable', title: '', status: 0, detail: 'not reached' }),
	unreadable: (status) => ({ type: 'about:blank', title: '', status, detail: 'unreadable' })
});

function answer(status: number, body: unknown, type = 'application/problem+json') {
	const fetch = vi.fn(async () => new Response(JSON.stringify(body), { status, headers: { 'content-type': type } }));
	vi.stubGlobal('fetch', fetch);
	return fetch as unknown as { mock: { calls: [string, RequestInit][] } };
}
const problem = (status: number, type: string) => ({ type, title: 't', status, detail: 'what to do' });

afterEach(() => {
	heard.length = 0;
	vi.unstubAllGlobals();
});

describe('the client', () => {
	it('leaves out of an address what is empty', () => {
		expect(address('/a', { b: '', c: null, d: undefined, e: 0, f: 'x y' })).toBe('/a?e=0&f=x+y');
	});
	it('bears the token against forged requests where something is changed, and only there', async () => {
		const fetch = answer(200, {}, 'application/json');
		await ask('POST', '/x', { body: {} });
		await ask('GET', '/x');
		expect(fetch.mock.calls[0]?.[1].headers).toHaveProperty('x-csrf-token', 'token');
		expect(fetch.mock.calls[1]?.[1].headers).not.toHaveProperty('x-csrf-token');
	});
	it('says of what nobody asked for that nobody did', async () => {
		const fetch = answer(200, {}, 'application/json');
		await ask('GET', '/x', { signal: inBackground(new AbortController().signal) });
		expect(fetch.mock.calls[0]?.[1].headers).toHaveProperty('x-onrecord-background', '1');
	});
	it('turns a problem into an error with its sentence', async () => {
		answer(403, problem(403, 'urn:onrecord:forbidden'));
		await expect(ask('GET', '/x')).rejects.toMatchObject({ message: 'what to do', kind: 'urn:onrecord:forbidden' });
	});
	it('tells of an end and of a lock, but not of a wrong password', async () => {
		answer(401, problem(401, 'urn:onrecord:sign-in'));
		await expect(ask('GET', '/x')).rejects.toBeInstanceOf(ApiProblem);
		answer(423, problem(423, 'urn:onrecord:idle-locked'));
		await expect(ask('GET', '/x')).rejects.toBeInstanceOf(ApiProblem);
		answer(401, problem(401, 'urn:onrecord:sign-in-failed'));
		await expect(ask('POST', '/x')).rejects.toBeInstanceOf(ApiProblem);
		expect(heard).toEqual(['ended', 'locked']);
	});
	it('has a sentence for a server that cannot be reached and for an answer that cannot be read', async () => {
		vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('network')));
		await expect(ask('GET', '/x')).rejects.toMatchObject({ message: 'not reached' });
		answer(502, 'bad gateway', 'text/html');
		await expect(ask('GET', '/x')).rejects.toMatchObject({ message: 'unreadable', status: 502 });
	});
});
