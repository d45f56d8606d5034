import { describe, expect, it } from 'vitest';
import { corners, frameOf, outlinePath, placeAt, project, roundLength } from './trail';

const T0 = Date.parse('2017-11-28T04:00:00Z');
const point = (s: number, lat: number, lon: number) => ({ at: new Date(T0 + s * 1000).toISOString(), lat, lon });
const trail = [point(0, 41.92, -87.7), point(10, 41.93, -87.69)];

describe('the map', () => {
	const frame = frameOf(trail, 360, 240);
	it('shows every point, north up and east to the right', () => {
		const [[x1, y1], [x2, y2]] = [project(frame, -87.7, 41.92), project(frame, -87.69, 41.93)];
		expect(x2).toBeGreaterThan(x1);
		expect(y2).toBeLessThan(y1);
		for (const n of [x1, x2]) expect(n > 0 && n < 360).toBe(true);
		for (const n of [y1, y2]) expect(n > 0 && n < 240).toBe(true);
	});
	it('goes no closer than 300 m across where the wearer stood still', () => {
		expect(frameOf([trail[0]!, trail[0]!], 360, 240).scale).toBeLessThanOrEqual(360 / 300);
	});
	it('has a scale of a round length that fits', () => {
		const length = roundLength(frame, 90);
		expect(length * frame.scale).toBeLessThanOrEqual(90);
		expect([1, 2, 5]).toContain(Number(String(length)[0]));
	});
	it('draws polygons with holes, several of them, and nothing of what is no polygon', () => {
		const ring = [[-87.7, 41.9], [-87.6, 41.9], [-87.6, 41.95], [-87.7, 41.9]];
		expect(outlinePath(frame, { type: 'Polygon', coordinates: [ring, ring] }).match(/M/g)).toHaveLength(2);
		expect(outlinePath(frame, { type: 'MultiPolygon', coordinates: [[ring], [ring]] }).match(/Z/g)).toHaveLength(2);
		expect(outlinePath(frame, { type: 'Polygon', coordinates: 'no' })).toBe('');
		expect(corners({ type: 'Polygon', coordinates: [ring] })).toHaveLength(4);
	});
});

it('the wearer is between the points before and after, and at an end outside the trail', () => {
	expect(placeAt(trail, T0 + 5_000)?.lat).toBeCloseTo(41.925);
	expect(placeAt(trail, T0 - 1)?.lat).toBe(41.92);
	expect(placeAt(trail, T0 + 99_000)?.lat).toBe(41.93);
	expect(placeAt([], T0)).toBeUndefined();
});
