// The arithmetic of the Call picture: which stretch of time is in view, where an instant lies in it, and what each officer's
// lane draws. Milliseconds since 1970 throughout; no drawing here.
import type { CallDetail, DefectKind, Lane, LaneRecording, RecordingState, Span } from '$lib/api/types';

/** A stretch of time, half open. */
export interface View {
	from: number;
	to: number;
}

/** Closer than this, nothing more can be told apart. */
const CLOSEST = 5_000;

export const MARKS = ['received_at', 'dispatched_at', 'en_route_at', 'on_scene_at', 'left_scene_at', 'cleared_at'] as const;
export type MarkName = (typeof MARKS)[number];

/** When a mark of a duty was, where that is known. */
export function timeOf(lane: Lane, name: MarkName): string | undefined {
	return lane.times.find((time) => time.name === name)?.at ?? undefined;
}

const at = (text: string | null | undefined): number => (text ? Date.parse(text) : Number.NaN);

/** Everything that a call shows, with a margin so that nothing sticks to the edge. */
export function whole(call: CallDetail): View {
	const instants: number[] = [at(call.window?.from), at(call.window?.to)];
	for (const lane of call.lanes) {
		instants.push(at(lane.outcome.begin), at(lane.outcome.end));
		for (const name of MARKS) {
			// Received can be hours before anybody was sent; it would squeeze the rest.
			if (name !== 'received_at') instants.push(at(timeOf(lane, name)));
		}
	}
	const known = instants.filter((instant) => Number.isFinite(instant));
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

export type ItemKind = 'recording' | 'external' | 'pre' | 'gap' | 'exception' | 'pending' | 'outage';

/** Something drawn in a lane, with all that can be read about it. */
export interface Item {
	key: string;
	kind: ItemKind;
	from: number;
	to: number;
	/** The recording, the code, the kind of outage. */
	name: string;
	defect?: DefectKind;
	recording?: string | undefined;
	state?: RecordingState | undefined;
	/** Who approved it. */
	by?: string | null;
	title?: string | null;
	citation?: string | null;
	note?: string | null;
	isProvisional?: boolean;
}

/** What a lane draws, in the order in which the keyboard goes through it. What has no end yet is drawn to `now`. */
export function itemsOf(lane: Lane, now: number): Item[] {
	const outcome = lane.outcome;
	const items = lane.recordings.flatMap((recording, n) => recordingItems(recording, `${n}`, now));
	for (const defect of outcome.defects ?? []) {
		items.push({
			key: `gap-${defect.from}`, kind: 'gap', from: at(defect.from), to: at(defect.to), name: defect.kind, defect: defect.kind,
			citation: outcome.citation ?? null, isProvisional: outcome.outcome !== 'partial' && outcome.outcome !== 'missing'
		});
	}
	lane.exceptions.forEach((exception, n) => {
		items.push({
			key: `exception-${n}`, kind: 'exception', from: at(exception.from), to: exception.to ? at(exception.to) : now, name: exception.code,
			title: exception.title ?? null, citation: exception.citation ?? null, by: exception.approved_by ?? null
		});
	});
	for (const account of lane.accounts) {
		if (account.state !== 'pending' || !account.from || !account.to) continue;
		items.push({ key: `pending-${account.id}`, kind: 'pending', from: at(account.from), to: at(account.to), name: account.code ?? 'account' });
	}
	lane.outages.forEach((outage, n) => {
		items.push({
			key: `outage-${n}`, kind: 'outage', from: at(outage.from), to: outage.to ? at(outage.to) : now, name: outage.event,
			note: outage.camera_serial
		});
	});
	return items
		.filter((item) => Number.isFinite(item.from) && item.to > item.from)
		.sort((a, b) => a.from - b.from || a.to - b.to);
}

/** The pre-event part of a recording and the rest, drawn apart. */
function recordingItems(recording: LaneRecording, key: string, now: number): Item[] {
	const from = at(recording.from);
	const to = recording.to ? at(recording.to) : now;
	const activated = recording.activated ? at(recording.activated) : from;
	const common = { name: recording.id ?? '', recording: recording.id ?? undefined, state: recording.state ?? undefined, note: recording.camera_serial ?? null };
	const kind = recording.state === 'external' || recording.state === 'disposed' ? 'external' : 'recording';
	return [
		{ ...common, key: `pre-${key}`, kind: 'pre', from, to: activated },
		{ ...common, key: `recording-${key}`, kind, from: activated, to }
	];
}

export interface Mark {
	name: MarkName;
	at: number;
	/** Where its line stands. */
	x: number;
	/** Where its letter stands, so that letters do not lie on one another. */
	labelX: number;
}

/** The marks of a duty; letters keep `apart` pixels from one another and from the edges, to the right where they must. */
export function marksOf(lane: Lane, view: View, width: number, apart = 19): Mark[] {
	const marks: Mark[] = [];
	for (const name of MARKS) {
		const instant = at(timeOf(lane, name));
		const x = position(view, width, instant);
		if (!Number.isFinite(x) || x < 0 || x > width) continue;
		marks.push({ name, at: instant, x, labelX: Math.max(x, (marks.at(-1)?.labelX ?? 9 - apart) + apart) });
	}
	let most = width - 9;
	for (const mark of [...marks].reverse()) {
		mark.labelX = Math.min(mark.labelX, most);
		most = mark.labelX - apart;
	}
	return marks;
}

/** Whose recordings were running at an instant, by officer's id. */
export function recordingAt(call: CallDetail, instant: number, now: number): string[] {
	const runs = (recording: LaneRecording) =>
		at(recording.activated ?? recording.from) <= instant && instant < (recording.to ? at(recording.to) : now);
	return call.lanes.filter((lane) => lane.recordings.some(runs)).map((lane) => lane.officer.id);
}

/** Seconds of intervals. */
export const seconds = (intervals: Span[]): number =>
	intervals.reduce((sum, { from, to }) => sum + (Number.isFinite(at(to) - at(from)) ? (at(to) - at(from)) / 1000 : 0), 0);
