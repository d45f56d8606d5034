import { describe, expect, it } from 'vitest';
import type { CallDetail, Lane } from '$lib/api/types';
import { itemsOf, keepIn, marksOf, pan, position, recordingAt, seconds, ticks, whole, zoom } from './lanes';

const T0 = Date.parse('2017-11-28T04:00:00Z');
const at = (s: number) => new Date(T0 + s * 1000).toISOString();
const NOW = T0 + 10_000_000;

function lane(change: Partial<Lane> = {}): Lane {
	return {
		officer: { id: 'O-1' },
		times: [['dispatched_at', 0], ['on_scene_at', 100], ['cleared_at', 1000]].map(([name, s]) => ({ name: name as string, at: at(s as number), text: '' })),
		outcome: { call_id: 'C', officer_id: 'O-1', begin: at(100), end: at(1000), outcome: 'partial', defects: [{ kind: 'late_activation', from: at(100), to: at(250) }], citation: 'law' },
		recordings: [{ id: 'R', from: at(220), activated: at(250), to: at(1010), state: 'complete', alignment_us: 0, has_media: true }],
		exceptions: [], outages: [], accounts: [], may_give_account: false, may_decide: false,
		...change
	};
}
const call = (lanes: Lane[]): CallDetail => ({
	call_id: 'C', officers: [], worst: 'partial', outcomes: {}, unrecorded_s: 0, lanes, is_partial: false, window: { from: at(100), to: at(1000) }, covered: [], nobody: []
});

describe('what is in view', () => {
	it('holds everything that is known, with a margin', () => {
		const view = whole(call([lane()]));
		expect(view.from).toBeLessThan(T0);
		expect(view.to).toBeGreaterThan(T0 + 1_000_000);
	});
	it('is some stretch even where no time is known', () => {
		const view = whole({ ...call([]), window: null });
		expect(view.to).toBeGreaterThan(view.from);
	});
	it('zooms about an instant, which keeps its place, and never out of the whole', () => {
		const all = { from: 0, to: 1_000_000 };
		const close = zoom(all, all, 4, 250_000);
		expect(position(close, 100, 250_000)).toBeCloseTo(position(all, 100, 250_000));
		expect(zoom(close, all, 0.01)).toEqual(all);
		expect(pan(close, all, -9).from).toBe(0);
		expect(keepIn({ from: -5, to: 2_000_000 }, all)).toEqual(all);
	});
	it('goes no closer than five seconds', () => {
		const all = { from: 0, to: 1_000_000 };
		const close = zoom(all, all, 1e9);
		expect(close.to - close.from).toBe(5_000);
	});
	it('has round instants on its axis, apart from one another', () => {
		const found = ticks({ from: T0, to: T0 + 1_320_000 }, 800);
		expect(found.length).toBeGreaterThan(3);
		expect(found.length).toBeLessThan(10);
		expect(found.every((tick) => tick % 60_000 === 0)).toBe(true);
	});
});

describe('a lane', () => {
	it('draws the pre-event part apart from the recording', () => {
		const items = itemsOf(lane(), NOW);
		expect(items.map((item) => item.kind)).toEqual(['gap', 'pre', 'recording']);
		expect(items[1]).toMatchObject({ from: T0 + 220_000, to: T0 + 250_000 });
	});
	it('names a gap with its rule, and says where it is in doubt', () => {
		expect(itemsOf(lane(), NOW)[0]).toMatchObject({ name: 'late_activation', citation: 'law', isProvisional: false });
		const doubtful = lane();
		doubtful.outcome.outcome = 'awaiting_upload';
		expect(itemsOf(doubtful, NOW)[0]?.isProvisional).toBe(true);
	});
	it('draws what still runs to now', () => {
		const running = lane({ recordings: [{ id: 'R', from: at(220), activated: null, to: null, alignment_us: 0, has_media: true }] });
		expect(itemsOf(running, NOW).find((item) => item.kind === 'recording')).toMatchObject({ from: T0 + 220_000, to: NOW });
		expect(recordingAt(call([running]), T0 + 500_000, NOW)).toEqual(['O-1']);
	});
	it('draws an account that waits as an exception not approved yet', () => {
		const waiting = { id: 'A', call_id: 'C', officer_id: 'O-1', code: 'exigent', text: '', by: '', from: at(100), to: at(250) };
		expect(itemsOf(lane({ accounts: [{ ...waiting, state: 'pending' }] }), NOW).some((item) => item.kind === 'pending')).toBe(true);
		expect(itemsOf(lane({ accounts: [{ ...waiting, state: 'rejected' }] }), NOW).some((item) => item.kind === 'pending')).toBe(false);
	});
	it('leaves out what has no time', () => {
		expect(itemsOf(lane({ exceptions: [{ code: 'exigent', from: null, to: at(5) }] }), NOW).some((item) => item.kind === 'exception')).toBe(false);
	});
	it('keeps the letters of its marks apart and inside', () => {
		const crowded = lane({ times: ['dispatched_at', 'en_route_at', 'on_scene_at', 'left_scene_at', 'cleared_at'].map((name) => ({ name, at: at(0), text: '' })) });
		const marks = marksOf(crowded, { from: T0, to: T0 + 1000 }, 300);
		expect(marks).toHaveLength(5);
		marks.slice(1).forEach((mark, n) => expect(mark.labelX - (marks[n]?.labelX ?? 0)).toBeGreaterThanOrEqual(19));
		expect(marks[0]?.labelX).toBeGreaterThanOrEqual(9);
		const late = marksOf(lane(), { from: T0 - 1000, to: T0 + 1_000_000 }, 300);
		expect(late.at(-1)?.labelX).toBeLessThanOrEqual(291);
	});
});

it('seconds of intervals leave out those without an end', () => {
	expect(seconds([{ from: at(0), to: at(10) }, { from: at(20) }, { from: at(30), to: at(35.5) }])).toBe(15.5);
});
