import { describe, expect, it } from 'vitest';
import type { RecordingDetail } from '$lib/api/types';
import { correctedStart, fold, IN_STEP, keepStep, layOut, lengthOf, playableNear, preEvent, stretchAt } from './sync';

const T0 = '2017-11-28T04:00:00Z';
type Part = Pick<RecordingDetail, 'started_at' | 'activated_at' | 'stopped_at' | 'clock_offset_us' | 'alignment_us' | 'media' | 'clips'>;

function recording(lengths: number[], change: Partial<Part> = {}): Part {
	return {
		started_at: T0, activated_at: '2017-11-28T04:00:30Z', stopped_at: null, clock_offset_us: 0, alignment_us: 0,
		clips: lengths.map((_, n) => ({ id: `c${n}`, name: '', kind: 'clip', state: 'complete' })),
		media: lengths.map((seconds, n) => ({ clip_id: `c${n}`, playable: 'original' as const, facts: { duration_us: seconds * 1e6 } })),
		...change
	};
}

describe('the clock', () => {
	it('is corrected by how far the camera’s was ahead, and moved by hand where somebody did', () => {
		expect(correctedStart(recording([], { clock_offset_us: 1_200_000 }))).toBe(Date.parse(T0) - 1200);
		expect(correctedStart(recording([], { clock_offset_us: 1_200_000, alignment_us: 500_000 }))).toBe(Date.parse(T0) - 700);
	});
	it('puts two cameras that saw the same moment at the same instant', () => {
		// One camera's clock is 2 s ahead, so it says 04:00:12 of what happened at 04:00:10.
		const [one, two] = [recording([60]), recording([60], { started_at: '2017-11-28T04:00:02Z', clock_offset_us: 2_000_000 })];
		expect(correctedStart(one)).toBe(correctedStart(two));
	});
	it('tells the seconds before activation', () => expect(preEvent(recording([]))).toBe(30));
});

describe('clips', () => {
	it('lie end to end where they tell no start of their own', () => {
		expect(layOut(recording([60, 30])).map(({ from, to }) => [from, to])).toEqual([[0, 60], [60, 90]]);
	});
	it('leave a gap where the second says that it began later', () => {
		const two = recording([60, 30]);
		two.media[1] = { ...two.media[1]!, facts: { duration_us: 30e6, started_at_us: (Date.parse(T0) + 75_000) * 1000 } };
		const found = layOut(two);
		expect(found[1]).toMatchObject({ from: 75, to: 105 });
		expect(stretchAt(found, 70)).toBeUndefined();
		expect(playableNear(found, 70)).toBe(75);
	});
	it('are left out where nothing plays them', () => {
		const one = recording([60, 30]);
		one.media[0] = { ...one.media[0]!, playable: null };
		expect(layOut(one)).toHaveLength(1);
	});
	it('make a recording at least as long as they are', () => {
		const one = recording([60], { stopped_at: '2017-11-28T04:00:50Z' });
		expect(lengthOf(one, layOut(one))).toBe(60);
	});
});

describe('keeping in step', () => {
	it('jumps where the players are further apart than may be', () => {
		expect(keepStep(10, 10 - IN_STEP - 0.01, 1, false)).toEqual({ jump: 10, rate: 1 });
	});
	it('catches up where they are nearer, the faster the further', () => {
		expect(keepStep(10, 9.95, 1, false).rate).toBeCloseTo(1.05);
		expect(keepStep(10, 10.05, 2, false).rate).toBeCloseTo(1.9);
	});
	it('lets be what nobody sees', () => expect(keepStep(10, 10.01, 1, false)).toEqual({ jump: undefined, rate: 1 }));
	it('jumps while standing still, also over little', () => expect(keepStep(10, 9.95, 1, true).jump).toBe(10));
	it('keeps two players within 100 ms although one drifts', () => {
		let [leading, other] = [0, 0.4];
		let worst = 0;
		for (let look = 0; look < 300; look += 1) {
			const order = keepStep(leading, other, 1, false);
			if (order.jump !== undefined) other = order.jump;
			// Looked at every 200 ms; the other runs 2% slow by itself.
			leading += 0.2;
			other += 0.2 * order.rate * 0.98;
			worst = Math.max(worst, Math.abs(leading - other));
		}
		expect(worst).toBeLessThan(IN_STEP);
	});
});

it('a waveform is folded to its loudest peaks', () => {
	expect(fold([0, 255, 51, 0], 2)).toEqual([1, 0.2]);
	expect(fold([], 5)).toEqual([]);
	expect(fold([255], 3)).toEqual([1, 1, 1]);
});
