// The arithmetic of the map: places on the globe to places on a drawing, a round scale, and where the wearer was at an instant.
// A district is small: an equirectangular projection about its middle is off by less than a line's width.
import type { District, TrailPoint } from '$lib/api/types';

export interface Frame {
	lon: number;
	lat: number;
	/** Pixels per metre. */
	scale: number;
	width: number;
	height: number;
}

const METRES_PER_DEGREE = 111_320;

const cosine = (frame: Frame) => Math.cos((frame.lat * Math.PI) / 180);

/** The frame that shows every point, with a margin, and no closer than 300 m across. */
export function frameOf(points: { lat: number; lon: number }[], width: number, height: number): Frame {
	const lats = points.map((point) => point.lat);
	const lons = points.map((point) => point.lon);
	const lat = (Math.min(...lats) + Math.max(...lats)) / 2;
	const lon = (Math.min(...lons) + Math.max(...lons)) / 2;
	const across = (Math.max(...lons) - Math.min(...lons)) * METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180);
	const along = (Math.max(...lats) - Math.min(...lats)) * METRES_PER_DEGREE;
	const scale = Math.min((width * 0.8) / Math.max(across, 300), (height * 0.8) / Math.max(along, 300 * (height / width)));
	return { lat, lon, scale, width, height };
}

export function project(frame: Frame, lon: number, lat: number): [number, number] {
	const x = frame.width / 2 + (lon - frame.lon) * METRES_PER_DEGREE * cosine(frame) * frame.scale;
	const y = frame.height / 2 - (lat - frame.lat) * METRES_PER_DEGREE * frame.scale;
	return [x, y];
}

const line = (frame: Frame, ring: unknown): string =>
	Array.isArray(ring)
		? `M${ring
				.filter((point): point is [number, number] => Array.isArray(point) && typeof point[0] === 'number' && typeof point[1] === 'number')
				.map(([lon, lat]) => project(frame, lon, lat).map((n) => n.toFixed(1)).join(' '))
				.join('L')}Z`
		: '';

/** A district's outline as a path. What is no polygon is no path. */
export function outlinePath(frame: Frame, outline: District['outline']): string {
	if (!outline || !Array.isArray(outline.coordinates)) return '';
	const polygons: unknown[] = outline.type === 'Polygon' ? [outline.coordinates] : outline.coordinates;
	return polygons
		.flatMap((polygon) => (Array.isArray(polygon) ? polygon : []))
		.map((ring) => line(frame, ring))
		.join('');
}

/** Every corner of an outline. */
export function corners(outline: District['outline']): { lat: number; lon: number }[] {
	const found: { lat: number; lon: number }[] = [];
	const walk = (part: unknown): void => {
		if (!Array.isArray(part)) return;
		if (typeof part[0] === 'number' && typeof part[1] === 'number') found.push({ lon: part[0], lat: part[1] });
		else part.forEach(walk);
	};
	walk(outline?.coordinates);
	return found;
}

/** Where the wearer was, between the points before and after; the nearest end outside the trail. */
export function placeAt(points: TrailPoint[], at: number): { lat: number; lon: number } | undefined {
	const first = points[0];
	const last = points.at(-1);
	if (!first || !last) return undefined;
	if (at <= Date.parse(first.at)) return first;
	for (let n = 1; n < points.length; n += 1) {
		const [a, b] = [points[n - 1], points[n]];
		if (!a || !b) break;
		const [from, to] = [Date.parse(a.at), Date.parse(b.at)];
		if (at <= to) {
			const share = to > from ? (at - from) / (to - from) : 1;
			return { lat: a.lat + (b.lat - a.lat) * share, lon: a.lon + (b.lon - a.lon) * share };
		}
	}
	return last;
}

/** The longest round length, in metres, that is no longer than `pixels` on the drawing. */
export function roundLength(frame: Frame, pixels: number): number {
	const most = pixels / frame.scale;
	const power = 10 ** Math.floor(Math.log10(most));
	return [5, 2, 1].map((n) => n * power).find((length) => length <= most) ?? power;
}
