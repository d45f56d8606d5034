import { describe, expect, it } from 'vitest';
import { clock, fromField, instant, percent, place, size, span, toField, zoneName } from './time';

const CHICAGO = 'America/Chicago';

describe('instants', () => {
	it('are shown on the agency’s clock, with its zone', () => {
		expect(instant('2017-11-28T04:10:07Z', CHICAGO)).toBe('Nov 27, 2017, 22:10:07');
		expect(zoneName('2017-11-28T04:10:07Z', CHICAGO)).toBe('CST');
		expect(zoneName('2017-07-28T04:10:07Z', CHICAGO)).toBe('CDT');
	});
	it('show midnight as 00, not 24', () => {
		expect(clock('2017-11-28T06:00:00Z', CHICAGO)).toBe('00:00:00');
	});
	it('come back from a field as they went in, in winter, in summer and in the hour that occurs twice', () => {
		for (const at of ['2017-11-28T04:10:07.000Z', '2017-07-01T12:00:00.000Z', '2017-11-05T08:30:00.000Z']) {
			expect(fromField(toField(at, CHICAGO), CHICAGO)).toBe(at);
		}
	});
	it('of a day begin at its local midnight', () => {
		expect(fromField('2017-11-27', CHICAGO)).toBe('2017-11-27T06:00:00.000Z');
		expect(fromField('2017-11-27T22:10', CHICAGO)).toBe('2017-11-28T04:10:00.000Z');
	});
	it('are none where a field is empty or says none', () => {
		expect(fromField('', CHICAGO)).toBeUndefined();
		expect(fromField('soon', CHICAGO)).toBeUndefined();
	});
});

describe('spans, places, sizes and shares', () => {
	it.each([
		[0, '0 s'], [0.04, '40 ms'], [1.44, '1.4 s'], [59.6, '1 min 00 s'], [152, '2 min 32 s'], [3725, '1 h 02 min'],
		[200_000, '2 d 7 h'], [-5, '−5 s'], [Number.NaN, '–']
	])('%d seconds are %s', (seconds, words) => expect(span(seconds)).toBe(words));
	it('a place tells tenths and, where it must, hours', () => {
		expect(place(64.04)).toBe('01:04.0');
		expect(place(59.96)).toBe('01:00.0');
		expect(place(3725.5)).toBe('1:02:05.5');
	});
	it('a size has three figures at most', () => {
		expect(size(312)).toBe('312 B');
		expect(size(4_120_000)).toBe('4.1 MB');
		expect(size(412_000_000)).toBe('412 MB');
	});
	it('a share has one decimal', () => expect(percent(0.9134)).toBe('91.3%'));
});
