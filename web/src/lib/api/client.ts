// The one way to the server: a client made from its own OpenAPI document. It adds the token against forged requests, turns
// RFC 9457 answers into `ApiProblem`, and tells the session when the server has ended or locked it.
import type { Problem } from './types';

/** What the server refused, or that it could not be reached; `message` is a sentence for people. */
export class ApiProblem extends Error {
	readonly kind: string;
	readonly status: number;
	readonly title: string;
	readonly rule: string | undefined;

	constructor(problem: Problem) {
		super(problem.detail);
		this.kind = problem.type;
		this.status = problem.status;
		this.title = problem.title;
		this.rule = problem.rule;
	}
}

/** Who is told of what concerns every page. */
export interface Listener {
	csrf(): string | undefined;
	ended(): void;
	locked(): void;
	unreachable(): Problem;
	unreadable(status: number): Problem;
}

let listener: Listener | undefined;

const unasked = new WeakSet<AbortSignal>();

/** Marks what a page asks for by itself, to see whether there is news: it keeps no session from being locked. */
export function inBackground(signal: AbortSignal): AbortSignal {
	unasked.add(signal);
	return signal;
}

export function listenTo(to: Listener): void {
	listener = to;
}

export type Query = Record<string, string | number | boolean | null | undefined>;

/** An address with a query; what is empty is left out. */
export function address(path: string, query: Query = {}): string {
	const given = new URLSearchParams();
	for (const [name, value] of Object.entries(query)) {
		if (value !== undefined && value !== null && value !== '') given.set(name, String(value));
	}
	const text = given.toString();
	return text ? `${path}?${text}` : path;
}

interface Ask {
	query?: Query;
	body?: unknown;
	file?: Blob;
	/** What kind of answer is wanted; JSON where nothing is said. */
	accept?: string;
	signal?: AbortSignal | undefined;
	/** Answers that say "you are not signed in" are an answer to this question, not the end of a session. */
	isAnonymous?: boolean;
}

async function problemOf(answer: Response): Promise<Problem> {
	const kind = answer.headers.get('content-type') ?? '';
	if (kind.includes('json')) {
		try {
			return (await answer.json()) as Problem;
		} catch {
			// Cut off on its way; what follows says as much.
		}
	}
	return (
		listener?.unreadable(answer.status) ?? { type: 'about:blank', title: answer.statusText, status: answer.status, detail: '' }
	);
}

export async function ask<T>(method: string, path: string, { query, body, file, accept, signal, isAnonymous }: Ask = {}): Promise<T> {
	const headers: Record<string, string> = { accept: accept ?? 'application/json' };
	const csrf = listener?.csrf();
	if (method !== 'GET' && csrf) headers['x-csrf-token'] = csrf;
	if (body !== undefined) headers['content-type'] = 'application/json';
	if (file) headers['content-type'] = file.type || 'application/octet-stream';
	if (signal && unasked.has(signal)) headers['x-onrecord-background'] = '1';
	let answer: Response;
	try {
		answer = await fetch(address(path, query), {
			method,
			headers,
			body: file ?? (body === undefined ? undefined : JSON.stringify(body)),
			credentials: 'same-origin',
			signal: signal ?? null
		});
	} catch (failure) {
		if (signal?.aborted) throw failure;
		throw new ApiProblem(
			listener?.unreachable() ?? { type: 'urn:onrecord:unreachable', title: '', status: 0, detail: String(failure) }
		);
	}
	if (!answer.ok) {
		const problem = await problemOf(answer);
		if (problem.type === 'urn:onrecord:sign-in' && !isAnonymous) listener?.ended();
		if (answer.status === 423) listener?.locked();
		throw new ApiProblem(problem);
	}
	const kind = answer.headers.get('content-type') ?? '';
	if (kind.startsWith('text/csv')) return (await answer.blob()) as T;
	return (kind.includes('json') ? await answer.json() : undefined) as T;
}
