// The arithmetic of the Call picture: which stretch of time is in view, where an instant lies in it, and what each officer's
// lane draws. Milliseconds since 1970 throughout; no drawing here.
import type { CallDetail, DefectKind, Lane } from '$lib/api/types';

/** A stretch of time, half open. */
export interface View {
	from: number;
	to: number;
}

/** Closer than this, nothing more can be told apart. */
const CLOSEST = 5_000;

export const MARKS = ['received_at', 'dispatched_at', 'en_route_at', 'on_scene_at', 'left_scene_at', 'cleared_at'] as const;
export type MarkName = (typeof MARKS)[number];

/** Everything that a call shows, with a margin so that nothing sticks to the edge. */
export function whole(call: CallDetail): View {
	const instants: number[] = [Date.parse(call.window.from), Date.parse(call.window.to)];
	for (const lane of call.lanes) {
		for (const name of MARKS) {
			const at = lane.assignment[name];
			// Received can be hours before anybody was sent; it would squeeze the rest.
			if (at && name !== 'received_at') instants.push(Date.parse(at));
		}
		for (const recording of lane.recordings) instants.push(Date.parse(recording.from), Date.parse(recording.to));
	}
	const known = instants.filter((at) => Number.isFinite(at));
	if (known.length === 0) return { from: 0, to: 60_000 };
	const [from, to] = [Math.min(...known), Math.max(...known)];
	const margin = Math.max((to - from) * 0.03, 2_000);
	return { from: from - margin, to: to + margin };
}

/** Where an instant lies on a line of `width` pixels. */
export const position = (view: View, width: number, at: number): number => ((at - view.from) / (view.to - view.from)) * width;

/** The instant at a pixel. */
export const instantAt = (view: View, width: number, x: number): number => view.from + (x / width) * (view.to - view.from);

/** Keeps a view inside the whole, of the same length where it fits. */
export function keepIn(view: View, all: View): View {
	const length = Math.min(view.to - view.from, all.to - all.from);
	const from = Math.min(Math.max(view.from, all.from), all.to - length);
	return { from, to: from + length };
}

/** Zooms by `factor` (more than 1 is closer) about an instant, which keeps its place. */
export function zoom(view: View, all: View, factor: number, about = (view.from + view.to) / 2): View {
	const length = Math.max((view.to - view.from) / factor, Math.min(CLOSEST, all.to - all.from));
	const share = (about - view.from) / (view.to - view.from);
	const from = about - share * length;
	return keepIn({ from, to: from + length }, all);
}

/** Moves a view by a share of its length. */
export function pan(view: View, all: View, share: number): View {
	const by = (view.to - view.from) * share;
	return keepIn({ from: view.from + by, to: view.to + by }, all);
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400].map((s) => s * 1000);

/** Round instants for the axis, at least `apart` pixels from one another. */
export function ticks(view: View, width: number, apart = 84): number[] {
	const most = Math.max(1, Math.floor(width / apart));
	const step = STEPS.find((candidate) => (view.to - view.from) / candidate <= most) ?? 86_400_000;
	const found: number[] = [];
	for (let at = Math.ceil(view.from / step) * step; at < view.to; at += step) found.push(at);
	return found;
}

export type ItemKind = 'recording' | 'external' | 'pre' | 'gap' | 'exception' | 'pending' | 'outage' | 'notice';

/** Something drawn in a lane, with all that can be read about it. */
export interface Item {
	key: string;
	kind: ItemKind;
	from: number;
	to: number;
	/** The recording, the code, the kind of outage, the status of notice. */
	name: string;
	defect?: DefectKind;
	recording?: string;
	title?: string | null;
	citation?: string | null;
	note?: string | null;
	isProvisional?: boolean;
}

/** What a lane draws, in the order in which the keyboard goes through it. */
export function itemsOf(lane: Lane): Item[] {
	const items: Item[] = [];
	const outcome = lane.outcome;
	for (const recording of lane.recordings) {
		const [from, to] = [Date.parse(recording.from), Date.parse(recording.to)];
		const activated = recording.activated_at ? Date.parse(recording.activated_at) : from;
		const common = { name: recording.id, recording: recording.id };
		if (activated > from) items.push({ ...common, key: `pre-${recording.id}`, kind: 'pre', from, to: activated });
		const kind = recording.state === 'external' || recording.state === 'disposed' ? 'external' : 'recording';
		items.push({ ...common, key: `recording-${recording.id}`, kind, from: activated, to });
	}
	for (const defect of outcome?.defects ?? []) {
		items.push({
			key: `gap-${defect.from}`, kind: 'gap', from: Date.parse(defect.from), to: Date.parse(defect.to), name: defect.kind,
			defect: defect.kind, citation: outcome?.citation ?? null,
			isProvisional: outcome?.outcome !== 'partial' && outcome?.outcome !== 'missing'
		});
	}
	lane.exceptions.forEach((exception, n) => {
		items.push({
			key: `exception-${n}`, kind: exception.approved_by === null && exception.note === 'pending' ? 'pending' : 'exception',
			from: Date.parse(exception.from), to: Date.parse(exception.to), name: exception.code, title: exception.title ?? null,
			citation: exception.citation ?? null, note: exception.note ?? null
		});
	});
	lane.outages.forEach((outage, n) => {
		items.push({ key: `outage-${n}`, kind: 'outage', from: Date.parse(outage.from), to: Date.parse(outage.to), name: outage.kind, note: outage.camera_serial ?? null });
	});
	if (lane.notice?.at) {
		const at = Date.parse(lane.notice.at);
		items.push({ key: 'notice', kind: 'notice', from: at, to: at, name: lane.notice.status });
	}
	return items.sort((a, b) => a.from - b.from || a.to - b.to);
}

export interface Mark {
	name: MarkName;
	at: number;
	/** Where its line stands. */
	x: number;
	/** Where its letter stands, so that letters do not lie on one another. */
	labelX: number;
}

/** The marks of an assignment; letters keep `apart` pixels from one another, to the right where they must. */
export function marksOf(lane: Lane, view: View, width: number, apart = 19): Mark[] {
	const marks: Mark[] = [];
	let before = Number.NEGATIVE_INFINITY;
	for (const name of MARKS) {
		const at = lane.assignment[name];
		if (!at || (name === 'received_at' && Date.parse(at) < view.from)) continue;
		const x = position(view, width, Date.parse(at));
		if (x < -apart || x > width + apart) continue;
		const labelX = Math.max(x, before + apart);
		before = labelX;
		marks.push({ name, at: Date.parse(at), x, labelX });
	}
	return marks;
}

/** Who was recording at an instant, by officer's id. */
export function recordingAt(call: CallDetail, at: number): string[] {
	return call.lanes
		.filter((lane) =>
			lane.recordings.some((recording) => Date.parse(recording.activated_at ?? recording.from) <= at && at < Date.parse(recording.to))
		)
		.map((lane) => lane.officer.id);
}

/** Seconds of intervals. */
export const seconds = (intervals: { from: string; to: string }[]): number =>
	intervals.reduce((sum, { from, to }) => sum + (Date.parse(to) - Date.parse(from)) / 1000, 0);
