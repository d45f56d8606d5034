import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { digestOf, Sha256 } from './sha256';

const bytes = (n: number) => Uint8Array.from({ length: n }, (_, at) => (at * 131 + (at >> 8)) & 255);
const expected = (all: Uint8Array) => createHash('sha256').update(all).digest('hex');

describe('the digest', () => {
	it('is the standard’s for every length about a block', () => {
		for (let n = 0; n < 200; n += 1) expect(new Sha256().take(bytes(n)).hex()).toBe(expected(bytes(n)));
	});
	it('does not depend on the pieces the bytes come in', () => {
		const all = bytes(100_000);
		for (const piece of [1, 63, 64, 65, 4_096, 99_999]) {
			const sha = new Sha256();
			for (let at = 0; at < all.length; at += piece) sha.take(all.subarray(at, at + piece));
			expect(sha.hex()).toBe(expected(all));
		}
	});
	it('of a stream tells how far it is, and stops when told to', async () => {
		const all = bytes(10_000);
		let told = 0;
		const stream = () => new Blob([all]).stream();
		expect(await digestOf(stream(), (done) => (told = done), new AbortController().signal)).toBe(expected(all));
		expect(told).toBe(10_000);
		await expect(digestOf(stream(), () => undefined, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
	});
});
